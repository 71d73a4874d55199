import { timerChannel } from "../operator/timer-signal.ts";
import type { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { RecordId } from "../state/commit.port.ts";

/** A delivery of which a window holds a part. */
export interface WindowEntry {
  readonly delivery: Delivery;
  /** Elements of it that are done. */
  done: number;
}

/** An element of a window, as its progress sees it: a record, or a stop signal where it has no index. */
export interface WindowElement {
  readonly entry: WindowEntry;
  readonly batch: Batch;
  readonly index?: number;
  /** How it ended, if it has. */
  readonly verdict?: unknown;
  /** True when it has failed so that the task fails: it is not done. */
  readonly failed?: boolean;
}

/** What a window has done since it was asked last. */
export interface WindowPart {
  /** The delivery that the settled prefix reaches into; `undefined` when the prefix has not moved. */
  readonly delivery: Delivery | undefined;
  /** How many elements of that delivery are done. */
  readonly done: number;
  /** The elements that the prefix has moved over. */
  readonly consumed: readonly Batch[];
  /** All records behind the prefix that are done. */
  readonly ahead: readonly RecordId[];
}

interface Segment {
  readonly batch: Batch;
  readonly from: number;
  to: number;
}

/** How far the settled prefix of a window has come: as a position, and as the elements it has moved over. */
export class WindowProgress {
  #segments: Segment[] = [];
  #entry: WindowEntry | undefined;
  #ahead = 0;

  /** Begins behind elements that are done already. */
  begin(entry: WindowEntry, done: readonly Batch[]): void {
    this.#entry = entry;
    for (const batch of done) this.#segments.push({ batch, from: 0, to: batch.elements });
  }

  /** Moves the prefix over the first element. */
  pass({ entry, batch, index = batch.payloads.length }: WindowElement): void {
    entry.done++;
    this.#entry = entry;
    const last = this.#segments.at(-1);
    if (last?.batch === batch && last.to === index) last.to++;
    else this.#segments.push({ batch, from: index, to: index + 1 });
  }

  /** What has changed since the last call, if anything has; `rest` is what the window holds where it works ahead. */
  take(rest: readonly WindowElement[]): WindowPart | undefined {
    const ahead = rest.flatMap(({ batch, index, verdict, failed }): RecordId[] => {
      if (batch.channel === timerChannel) return none; // the state says which timers are left
      const done = index !== undefined && verdict !== undefined && failed !== true;
      return done ? [[batch.channel, batch.firstSeq + index]] : [];
    });
    const entry = this.#entry;
    if (entry === undefined && ahead.length === this.#ahead) return undefined;
    const consumed = this.#segments.map(({ batch, from, to }) => {
      if (from === 0 && to === batch.elements) return batch;
      return batch.range(from, to > batch.payloads.length ? undefined : to);
    });
    this.#segments = [];
    this.#entry = undefined;
    this.#ahead = ahead.length;
    return { delivery: entry?.delivery, done: entry?.done ?? 0, consumed, ahead };
  }
}

const none: RecordId[] = [];
