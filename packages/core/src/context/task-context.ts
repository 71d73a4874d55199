import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Metrics } from "../host/metrics.port.ts";
import type { Random } from "../host/random.port.ts";
import type { PartitionKey } from "../packet/partition-key.ts";

/** What user code sees of the runtime it runs in. */
export interface RuntimeContext {
  /** Logger with the job's and the task's names. */
  readonly log: Logger;
  /** Where user measurements go. */
  readonly metrics: Metrics;
  /** The injected clock: with it, user code runs in virtual time too. */
  readonly clock: Clock;
  /** The injected chance, forked per task instance. */
  readonly random: Random;
}

/** What a step's function sees: the runtime, and which task instance it runs in. */
export interface TaskContext extends RuntimeContext {
  /** Id of the job. */
  readonly job: string;
  /** Id of the step. */
  readonly step: string;
  /** Which parallel instance this is, from 0. */
  readonly index: number;
  /** How many parallel instances the step has. */
  readonly parallelism: number;
  /** Key of the current record; `undefined` when the stream is not keyed. */
  readonly key: PartitionKey | undefined;
  /** Aborted when the job is cancelled or fails: give up what takes long. */
  readonly signal: AbortSignal;
}
