import type { JsonValue } from "../errors/json.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { Polled, PolledSource } from "../operator/replayable-source.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { Acknowledger } from "./acknowledger.ts";
import { type Inbox, sourceChannel } from "./source-inbox.ts";
import { type SplitPosition, type SplitPositions, splitsOf, unread } from "./split-positions.ts";

/** What the input of a replayable source works with. */
export interface ReplayScope {
  readonly node: string;
  readonly source: PolledSource<unknown>;
  readonly index: number;
  readonly parallelism: number;
  /** Records that were committed before: the sequence number of the next one. */
  readonly committed: number;
  /** Where the last commit stands; `undefined` when nothing was committed. */
  readonly position: JsonValue | undefined;
  /** How long to wait before splits that had nothing are polled again, in ms. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Hears of an acknowledgement that failed; the next one covers it. */
  readonly onAcknowledgeError: (error: unknown) => void;
}

/**
 * The input of a source task that can be read again: its splits in turn, each from its position on. Its position is
 * the positions of all of its splits, and its end a stop signal on a channel of its own.
 */
export class ReplayInbox implements Inbox {
  readonly #scope: ReplayScope;
  readonly #abort = new AbortController();
  readonly #signal = this.#abort.signal;
  #closed = false;
  readonly #acknowledger: Acknowledger;
  #positions: SplitPositions;
  #splits: readonly string[] = [];
  #turn = 0;
  #next: number;
  #ended = false;
  /** The last delivery and what it was read from, for positions within it. */
  #last: { readonly delivery: Delivery; readonly split: string; readonly before: SplitPositions } | undefined;

  constructor(scope: ReplayScope) {
    this.#scope = scope;
    this.#positions = (scope.position ?? {}) as SplitPositions;
    this.#next = scope.committed;
    this.#acknowledger = new Acknowledger(scope.source, this.#positions, scope.onAcknowledgeError);
  }

  /** Its splits, until they are committed: from then on they are fixed. */
  get beginning(): JsonValue | undefined {
    return this.#scope.position === undefined ? this.#positions : undefined;
  }

  /**
   * Finds out which splits are to be read; to be called once before the first take.
   *
   * @throws what the source throws, and SageError `INVALID_RESULT` for what are no ids.
   */
  async open(): Promise<void> {
    const { source, position, index, parallelism, node } = this.#scope;
    if (position === undefined) {
      const splits = (await source.splits?.()) ?? ["0"];
      if (!areIds(splits)) {
        const got = describeValue(splits);
        throw new SageError("INVALID_RESULT", {
          step: node,
          expected: "an array of different ids of splits",
          got,
        });
      }
      this.#positions = Object.fromEntries(splitsOf(splits, index, parallelism).map((id) => [id, unread]));
    }
    this.#splits = Object.keys(this.#positions);
  }

  take(max: number): MaybePromise<Delivery> {
    if (this.#ended) return { batches: [], position: this.#positions, done: true };
    return this.#poll(max, 0);
  }

  advance(position: JsonValue): void {
    this.#acknowledger.advance(position as SplitPositions);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    const [batch] = delivery.batches;
    if (this.#last?.delivery !== delivery || elements >= (batch as Batch).payloads.length)
      return delivery.position;
    const { split, before } = this.#last;
    const position = before[split] as SplitPosition;
    return { ...before, [split]: { ...position, skip: position.skip + elements } };
  }

  rewind(): void {
    const what = `The input of "${this.#scope.node}"`;
    throw new SageError("ILLEGAL_STATE", { what, from: "one incarnation", to: "the next one" });
  }

  close(): void {
    this.#closed = true;
    this.#abort.abort(new SageError("CANCELLED", { what: `Source "${this.#scope.node}"` }));
  }

  /** Settles when the last acknowledgement has. */
  acknowledged(): Promise<void> {
    return this.#acknowledger.idle();
  }

  /** Whether there is anything left to read. */
  get #open(): boolean {
    return !this.#closed && this.#splits.some((split) => this.#positions[split]?.done === false);
  }

  /** The split whose turn it is, unless all have had theirs. */
  #nextSplit(tried: number): string | undefined {
    if (this.#closed) return undefined;
    const count = this.#splits.length;
    for (let i = tried; i < count; i++) {
      const split = this.#splits[this.#turn++ % count] as string;
      if (this.#positions[split]?.done === false) return split;
    }
    return undefined;
  }

  /** Polls the splits in turn until one of them has something; `tried` of them had nothing. */
  #poll(max: number, tried: number): MaybePromise<Delivery> {
    for (let turn = tried; ; turn++) {
      const split = this.#nextSplit(turn);
      if (split === undefined) return this.#open ? this.#later(max) : this.#end();
      const before = this.#positions[split] as SplitPosition;
      const at = before.at ?? undefined;
      const polled = this.#scope.source.poll(at, max + before.skip, { split, signal: this.#signal });
      if (isPromiseLike(polled)) return this.#await(split, polled, max, turn);
      const delivery = this.#accept(split, polled);
      if (delivery !== undefined) return delivery;
    }
  }

  async #await(
    split: string,
    poll: PromiseLike<Polled<unknown>>,
    max: number,
    turn: number,
  ): Promise<Delivery> {
    let polled: Polled<unknown>;
    try {
      polled = await poll;
    } catch (error) {
      if (!this.#closed) throw error;
      return this.#end(); // what it throws when it is told to end is its end
    }
    return this.#accept(split, polled) ?? this.#poll(max, turn + 1);
  }

  /** Waits a little and polls again; at once when the source is told to end. */
  async #later(max: number): Promise<Delivery> {
    const { clock, idleMs } = this.#scope;
    await clock.sleep(idleMs, this.#signal).catch(() => undefined);
    return this.take(max);
  }

  /** Makes a delivery of what a poll has brought; `undefined` when that is nothing. */
  #accept(split: string, polled: Polled<unknown>): Delivery | undefined {
    this.#check(polled);
    const before = this.#positions;
    const { skip } = before[split] as SplitPosition;
    const { position, done = false } = polled;
    const rest = Math.max(0, skip - polled.records.length);
    const after: SplitPosition = { at: position, skip: rest, done };
    this.#positions = { ...before, [split]: after };
    const records = skip === 0 ? polled.records : polled.records.slice(skip);
    if (records.length === 0) return undefined;
    const batch = new Batch(sourceChannel, this.#next, records);
    this.#next += records.length;
    const delivery: Delivery = { batches: [batch], position: this.#positions, done: false };
    this.#last = { delivery, split, before };
    return delivery;
  }

  #end(): Delivery {
    const { node, clock } = this.#scope;
    this.#ended = true;
    const stop = { source: node, time: clock.now() };
    const batch = new Batch(sourceChannel, this.#next, [], undefined, undefined, stop);
    return { batches: [batch], position: this.#positions, done: true };
  }

  #check(polled: Polled<unknown>): void {
    if (Array.isArray(polled?.records) && polled.position !== undefined) return;
    const expected = "{ records, position } of poll(), with an array and a JSON value";
    throw new SageError("INVALID_RESULT", { step: this.#scope.node, expected, got: describeValue(polled) });
  }
}

function areIds(splits: unknown): splits is readonly string[] {
  if (!Array.isArray(splits) || !splits.every((id) => typeof id === "string")) return false;
  return new Set(splits).size === splits.length;
}
