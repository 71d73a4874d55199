import type { Batch } from "@sage-kernel/core/spi";
import type { EntryBuffer } from "./entry-buffer.ts";
import type { QueuePosition } from "./queue-position.ts";

/** An entry that was read and is not committed. */
interface Kept {
  /** Its place among all that were read here. */
  readonly place: number;
  readonly token: string;
  readonly batch: Batch;
  /** Records of the queue before it, in all. */
  readonly records: number;
  /** Elements of it that are committed. */
  done: number;
}

/** What was read out of a queue that keeps nothing itself, until it is committed: a rewind hands it out again. */
export class KeptEntries {
  #entries: Kept[] = [];
  #places = 0;

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** Keeps an entry; answers the id that positions in it are to have. */
  add(token: string, batch: Batch, records: number): string {
    this.#entries.push({ place: this.#places, token, batch, records, done: 0 });
    return String(this.#places++);
  }

  /** What is before a position is committed. */
  commit([id, elements, , whole]: QueuePosition): void {
    const place = Number(id);
    const left = this.#entries.findIndex(
      (entry) => entry.place > place || (entry.place === place && whole === 0),
    );
    this.#entries = left < 0 ? [] : this.#entries.slice(left);
    const first = this.#entries[0];
    if (first?.place === place) first.done = Math.max(first.done, elements);
  }

  /** Puts everything into a buffer once more. */
  refill(buffer: EntryBuffer): void {
    buffer.clear();
    for (const { place, token, batch, records, done } of this.#entries)
      buffer.push(String(place), token, batch, records, done);
  }
}
