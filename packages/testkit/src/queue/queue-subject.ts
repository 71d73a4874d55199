import {
  DriverRegistry,
  type MaybePromise,
  type Queue,
  QueueDescriptor,
  type QueueDriver,
  QueueHandles,
} from "@sage-kernel/core/spi";
import type { CaseNames, ContractBinding } from "../contract/contract.ts";

/** Bounds in bytes, of a queue that has the capability `bytes`. */
export interface ByteLimits {
  /** Bytes of the largest record. */
  readonly maxRecordBytes: number;
  /** Bytes of all records in the queue. */
  readonly maxBytes: number;
}

/**
 * What the queue contract needs from an implementation. Its capabilities are `offer` (an offer may be taken at once)
 * and `bytes` (records are encoded, and bounded in bytes).
 */
export interface QueueSubject {
  /**
   * Opens a queue whose id carries the case's id, the run id and `name`; the same `name` leads to the same queue
   * within one subject. `limits` are given only where there is the capability `bytes`.
   */
  open(name: string, capacity: number, limits?: ByteLimits): MaybePromise<Queue>;
  /** Closes everything. */
  close?(): MaybePromise<void>;
}

/** The subject for a driver: its queues, opened through handles. Byte limits become options of the descriptor. */
export function queueSubject(driver: QueueDriver, { caseId, runId }: CaseNames): QueueSubject {
  const handles = new QueueHandles(new DriverRegistry([driver]));
  return {
    open(name, capacity, limits) {
      const id = `${caseId}/${runId}/${name}`;
      return handles.open(new QueueDescriptor({ kind: driver.kind, id, capacity, options: { ...limits } }));
    },
    close: () => handles.close(),
  };
}

/** Binds a driver to the queue contract; `driver` makes a fresh one for each case. */
export function queueBinding(
  driver: () => MaybePromise<QueueDriver>,
  binding: Omit<ContractBinding<QueueSubject>, "open" | "close">,
): ContractBinding<QueueSubject> {
  return {
    ...binding,
    open: async (names) => queueSubject(await driver(), names),
    close: (subject) => subject.close?.(),
  };
}
