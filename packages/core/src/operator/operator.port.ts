import type { MaybePromise } from "../host/maybe-promise.ts";
import { Batch } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { RecordPlace, StepContext } from "./step-context.ts";

const emptyBatch = new Batch(0, 0, []);

/** Where a run over a batch stands, and why it stopped. */
export class Cursor implements RecordPlace {
  /** The batch that is being run. */
  batch: Batch = emptyBatch;
  /** Index of the first record that is not done; while a loop runs, of the record it has come to. */
  index = 0;
  /** Records that emitted nothing on purpose, since the caller last reset it. */
  filtered = 0;
  /** The promise that the user's function returned for the record at `index`, if that is why it stopped. */
  answer: unknown;
  /** Which input of the step the batch came by. */
  input = 0;
  /** True once the task has given up: an asynchronous run starts no further record. */
  stopped = false;
  /** The hook of the user's code that is being waited for. */
  hook: PromiseLike<unknown> | undefined;
  /** True while the task, the finished head of a loop, waits for the loop to stop behind it. */
  lingering = false;
  /** True while the task is paused: an asynchronous run starts no further record. */
  halted = false;
  /** Context of the records that run one after the other. */
  ctx: StepContext;

  constructor(ctx: StepContext) {
    this.ctx = ctx.fork(this);
  }

  /** Gives the context away to the record in place, which stays in flight, and makes another for those behind it. */
  release(): StepContext {
    const { ctx, batch, index } = this;
    ctx.stay({ batch, index });
    this.ctx = ctx.fork(this);
    return ctx;
  }
}

/** One record whose function is called on its own. */
export interface OpenRecord {
  /** The record itself. */
  readonly payload: unknown;
  /** Its key, on keyed streams. */
  readonly key: PartitionKey | undefined;
  /** Its headers, if it has any. */
  readonly headers: Headers | undefined;
  /** Which input of the step it came by. */
  readonly input: number;
  /** Its context, with its key set. */
  readonly ctx: StepContext;
}

/**
 * What a task runs: pure step logic around the user's function. One per task instance; calls never overlap, except
 * that several `invoke`s may be in flight when the step is concurrent, and never two for one key on a keyed step; there
 * `endInput` may also come while records of other inputs are in flight.
 */
export interface Operator {
  /** Prepares the user's code. What it throws fails `submit()`. */
  open(ctx: StepContext): MaybePromise<void>;

  /**
   * Processes the records from `from` to `to` in a tight loop and appends their outputs. Stops early at a record
   * whose function returned a promise, which is left in `cursor.answer`; on return and on throw `cursor.index` is the
   * first record that is not done, and nothing of that record is in `out`. Whenever the user's function is called it is
   * the record that the call is for.
   *
   * @throws what the user's function throws for the record at `cursor.index`.
   */
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void;

  /**
   * Goes on where {@link run} stopped at a promise, one record at a time, up to `to` or until the cursor is stopped or
   * halted.
   * `cursor.index` is right at every `await`, and the caller may take what is in `out` then. Only operators with a
   * tight loop of this kind have it.
   *
   * @throws what the user's function throws for the record at `cursor.index`.
   */
  runAsync?(batch: Batch, to: number, out: RecordBuffer, cursor: Cursor): Promise<void>;

  /** Calls the user's function for one record, without effect on the outputs. */
  invoke(record: OpenRecord): unknown;

  /**
   * Turns the settled answer of {@link invoke} into outputs; leaves none behind when it throws, and changes state
   * through the record's context alone. Answers `true`
   * when the record was filtered out.
   */
  apply(answer: unknown, record: OpenRecord, out: RecordBuffer): boolean;

  /** True for an operator that has timers: they come to it as records that are `TimerSignal`s. */
  readonly timed?: boolean;

  /**
   * Whether a record that has emitted nothing may still come to something, since it is in the state. Left out: never.
   * `changed` tells whether it has changed any state.
   */
  retains?(input: number, changed: boolean): boolean;

  /** True where outputs may have headers that are not those of the record. */
  readonly emitsHeaders?: boolean;

  /** True where outputs carry the shares of the requests that they stem from already: see `RequestShare`. */
  readonly shares?: boolean;

  /** A record has failed for good and is left behind; only operators that must know have it. */
  giveUp?(batch: Batch, index: number, ctx: StepContext): void;

  /** Called once per input, when it has ended and all of its records are done. */
  endInput(index: number): MaybePromise<void>;

  /** Emits up to `max` of what is left once all inputs ended; called until it answers `true`. */
  finish(out: RecordBuffer, max: number): MaybePromise<boolean>;

  /** Ends the user's code; called exactly once after a successful or failed `open`. */
  close(): MaybePromise<void>;
}
