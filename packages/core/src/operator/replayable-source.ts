import type { TaskContext } from "../context/task-context.ts";
import type { JsonValue } from "../errors/json.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { FunctionSource } from "./functions.ts";

/** What a poll of a replayable source answers. */
export interface Polled<T, P extends JsonValue = JsonValue> {
  /**
   * Records, in order; empty when there is nothing for now. At most as many as were asked for. The array must not be
   * changed any more.
   */
  readonly records: readonly T[];
  /** Where the split stands behind them: what the next poll gets. */
  readonly position: P;
  /** True when the split ends with these records. */
  readonly done?: boolean;
}

/** What a poll is about, beside the position. */
export interface PollScope {
  /** Id of the split that is read. */
  readonly split: string;
  /** Fires when the source is told to end, by a drain as well as by a cancel: give up what waits. */
  readonly signal: AbortSignal;
}

/**
 * Base of sources that can be read again from a position: after a crash, or from a snapshot, reading goes on where the
 * last commit stands. Between two positions the records must be the same each time.
 *
 * Each incarnation of a task has a fresh instance: whatever it has to remember is in the positions.
 */
export abstract class ReplayableSource<T, P extends JsonValue = JsonValue> {
  /** Prepares the instance; what it throws fails `submit()`, and later the restart. */
  open(_ctx: TaskContext): MaybePromise<void> {}

  /**
   * Ids of the parts that are read independently of each other, such as files or partitions; they are spread over the
   * step's instances. Asked once in the life of a job, and then fixed, also for jobs that go on from its snapshots.
   * Default: one, `"0"`.
   */
  splits(): MaybePromise<readonly string[]> {
    return ["0"];
  }

  /**
   * Up to `max` records of a split from a position on; `undefined` is its beginning. It may wait for records; while it
   * does, the other splits of the same instance wait too.
   */
  abstract poll(position: P | undefined, max: number, scope: PollScope): MaybePromise<Polled<T, P>>;

  /**
   * Called after a commit with the position that it has reached: everything before is done for good. May be called for
   * several commits at once and again for a position after a restart.
   */
  acknowledge(_position: P, _split: string): MaybePromise<void> {}

  /** Releases what `open` acquired. */
  close(): MaybePromise<void> {}
}

/** An instance of a replayable source, whose hooks may be left out. */
export interface PolledSource<T, P extends JsonValue = JsonValue> {
  /** See {@link ReplayableSource.open}. */
  open?(ctx: TaskContext): MaybePromise<void>;
  /** See {@link ReplayableSource.splits}. */
  splits?(): MaybePromise<readonly string[]>;
  /** See {@link ReplayableSource.poll}. */
  poll(position: P | undefined, max: number, scope: PollScope): MaybePromise<Polled<T, P>>;
  /** See {@link ReplayableSource.acknowledge}. */
  acknowledge?(position: P, split: string): MaybePromise<void>;
  /** See {@link ReplayableSource.close}. */
  close?(): MaybePromise<void>;
}

/** What `fromReplayable` accepts. */
export type ReplayableStep<T, P extends JsonValue = JsonValue> = FunctionSource<PolledSource<T, P>>;
