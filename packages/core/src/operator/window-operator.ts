import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { absent } from "../state/state-key.ts";
import type { StateTable } from "../state/state-table.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import { runEach } from "./run-each.ts";
import type { TimerHook } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";
import { type WindowResult, type WindowSpec, windowAt } from "./window-spec.ts";

/** A window that is open, as the state of its key. Immutable. */
interface OpenWindow {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
}

/**
 * Folds the records of each key within windows of processing time, and emits each window once it is over. A key has at
 * most one window open: the next one begins with a record after its end.
 */
export class WindowOperator extends FunctionOperator {
  readonly #spec: WindowSpec;
  readonly #initial: () => unknown;
  #windows!: StateTable;

  constructor(step: AnyStep, spec: WindowSpec, initial: () => unknown) {
    super(step);
    this.#spec = spec;
    this.#initial = initial;
  }

  override get onTimer(): TimerHook {
    return (at, emit, ctx) => {
      const { key, cells } = ctx as StepContext;
      const open = this.#open(ctx as StepContext);
      if (open === undefined || open.end !== at) return;
      cells.write(this.#windows, key, absent);
      emit({ key, ...open } as WindowResult);
    };
  }

  override open(ctx: StepContext): MaybePromise<void> {
    this.#windows = ctx.facts.tables.table("$window");
    return super.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  /** Answers what the record's window becomes, and a window that was over before the record came. */
  override invoke({ payload, ctx }: OpenRecord): unknown {
    const now = ctx.clock.now();
    const open = this.#open(ctx);
    const over = open !== undefined && now >= open.end ? open : undefined;
    const before = over === undefined ? open : undefined;
    const value = before === undefined ? this.#initial() : before.value;
    const fold = (result: unknown): Folded => ({
      over,
      before,
      window: windowAt(this.#spec, now, before),
      value: result,
    });
    const result = this.call(value, payload, ctx);
    return isPromiseLike(result) ? result.then(fold) : fold(result);
  }

  retains(): boolean {
    return true;
  }

  apply(folded: unknown, { key, ctx }: OpenRecord, out: RecordBuffer): boolean {
    const { over, before, window, value } = folded as Folded;
    const { timers } = ctx.tables;
    if (over !== undefined) out.append({ key, ...over }, key, undefined);
    for (const past of [over, before]) {
      if (past !== undefined && past.end !== window.end) timers.remove(ctx.cells, key, past.end);
    }
    timers.set(ctx.cells, key, window.end, true);
    ctx.cells.write(this.#windows, key, { ...window, value } satisfies OpenWindow);
    return over === undefined;
  }

  #open({ cells, key }: StepContext): OpenWindow | undefined {
    return cells.read(this.#windows, key as PartitionKey) as OpenWindow | undefined;
  }
}

/** What one record makes of its key's windows. */
interface Folded {
  readonly over: OpenWindow | undefined;
  readonly before: OpenWindow | undefined;
  readonly window: { readonly start: number; readonly end: number };
  readonly value: unknown;
}
