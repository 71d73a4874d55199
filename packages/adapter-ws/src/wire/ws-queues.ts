/** Kind of the descriptors of queues at a hub. */
export const wsQueueKind = "ws";

/** What is known of the queues at a hub, whoever opens them. */
export const wsQueues = {
  kind: wsQueueKind,
  capabilities: { crossProcess: true, durable: false, atomicCommit: false },
  suits: { capacity: 16_384, maxBatch: 1024 },
} as const;
