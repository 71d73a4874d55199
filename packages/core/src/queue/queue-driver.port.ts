import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "./queue.port.ts";
import type { QueueDescriptor } from "./queue-descriptor.ts";

/** What a driver's queues can do beyond the port's promises. */
export interface QueueCapabilities {
  /** A descriptor opened in another process leads to the same queue. */
  readonly crossProcess: boolean;
  /** What was put survives the end of the process. */
  readonly durable: boolean;
  /** Input position and outputs become visible in one step. */
  readonly atomicCommit: boolean;
}

/** Port: opens the descriptors of one kind. Drivers are additive; two of one kind are refused. */
export interface QueueDriver {
  /** The descriptor kind it opens. */
  readonly kind: string;
  /** What its queues can do. */
  readonly capabilities: QueueCapabilities;
  /** Opens a queue; called once per descriptor by the job's handles. */
  open(descriptor: QueueDescriptor): MaybePromise<Queue>;
}
