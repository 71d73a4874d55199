import type { Batch } from "@sage-kernel/core/spi";
import type { EntryPart } from "./queue-position.ts";

/** An entry as it was read, with what was handed out of it. */
interface BufferedEntry {
  readonly id: string;
  readonly token: string;
  readonly batch: Batch;
  /** Records of the queue before it, in all. */
  readonly records: number;
  /** Elements of it that were handed out. */
  taken: number;
}

/** Entries of a queue that were read and not yet handed out. */
export class EntryBuffer {
  readonly #key: string;
  #entries: BufferedEntry[] = [];
  #first = 0;
  #records = 0;

  /** Of the stream with this key. */
  constructor(key: string) {
    this.#key = key;
  }

  /** Records in it. */
  get records(): number {
    return this.#records;
  }

  /** True when nothing is left. */
  get empty(): boolean {
    return this.#first === this.#entries.length;
  }

  /** Adds an entry that was read; the first `taken` elements of it are done. */
  push(id: string, token: string, batch: Batch, records: number, taken = 0): void {
    if (taken >= batch.elements) return;
    this.#entries.push({ id, token, batch, records, taken });
    this.#records += Math.max(0, batch.payloads.length - taken);
  }

  /** Hands out up to `max` records; stop signals weigh nothing. */
  shift(max: number): EntryPart[] {
    const parts: EntryPart[] = [];
    let room = max;
    while (!this.empty) {
      const entry = this.#entries[this.#first] as BufferedEntry;
      const { payloads, elements } = entry.batch;
      const left = payloads.length - entry.taken;
      if (left > 0 && room === 0) break;
      const whole = left <= room;
      const to = whole ? undefined : entry.taken + room;
      const batch = entry.taken === 0 && whole ? entry.batch : entry.batch.range(entry.taken, to);
      const { id, token, taken: before, records } = entry;
      parts.push({
        id,
        token,
        key: this.#key,
        batch,
        before,
        records: records + Math.min(before, payloads.length),
        elements,
      });
      room -= batch.payloads.length;
      this.#records -= batch.payloads.length;
      if (whole) this.#first++;
      else entry.taken += batch.payloads.length;
    }
    if (this.empty) this.clear();
    return parts;
  }

  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#records = 0;
  }
}
