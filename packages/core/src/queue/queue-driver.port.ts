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

/** Settings that suit a driver's queues; what is left out is the core's default. */
export interface QueueSettings {
  /** Records that an inbox holds. */
  readonly capacity?: number;
  /** Most records in one unit of work. */
  readonly maxBatch?: number;
}

/** Port: opens the descriptors of one kind. Drivers are additive; two of one kind are refused. */
export interface QueueDriver {
  /** The descriptor kind it opens. */
  readonly kind: string;
  /** What its queues can do. */
  readonly capabilities: QueueCapabilities;
  /** What suits its queues, where a runtime that uses them is not told otherwise. */
  readonly suits?: QueueSettings;
  /** Opens a queue; called once per descriptor by the job's handles. */
  open(descriptor: QueueDescriptor): MaybePromise<Queue>;
}
