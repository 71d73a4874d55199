import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Metrics } from "../host/metrics.port.ts";
import type { Random } from "../host/random.port.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { ServiceCaller } from "./service-caller.ts";
import type { StateAccess } from "./state-access.ts";

/** What user code sees of the runtime it runs in. */
export interface RuntimeContext extends ServiceCaller {
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
  /**
   * State that belongs to the key of the current record, or to the task instance on a step without keys. It survives a
   * restart of the task, as of the last commit.
   */
  readonly state: StateAccess;
  /**
   * Sets a timer for the current key: at the time `at`, in ms since the Unix epoch by the runtime's clock, `onTimer` of
   * the step's class is called, once, also when the task was restarted meanwhile. A timer that is set already stays one;
   * after the end of the input none is set any more.
   *
   * @throws SageError `STATE_UNAVAILABLE` where the step has no state or its class no `onTimer`; `INVALID_OPTION` for
   * what is no time.
   */
  timer(at: number): void;
  /** Removes a timer of the current key; no effect when there is none at that time. @throws like {@link timer}. */
  clearTimer(at: number): void;
  /**
   * What tells the current record from every other one of its job, however often it comes: `job/channel:sequence`. An
   * idempotency key for effects outside. Empty where there is no record.
   */
  readonly recordId: string;
  /** Aborted when the job is cancelled or fails: give up what takes long. */
  readonly signal: AbortSignal;
}
