import type { ChannelMarks } from "../state/channel-marks.ts";

/** Crashes at one record, as JSON. */
export type CrashCount = readonly [channel: number, seq: number, times: number];

/** How often each record that is not done has brought its task down. Outlives the task's incarnations. */
export class CrashCounts {
  readonly #counts = new Map<number, Map<number, number>>();

  /** `known` are those of earlier incarnations elsewhere. */
  constructor(known: readonly CrashCount[] = []) {
    this.replace(known);
  }

  /** All of them. */
  list(): CrashCount[] {
    return [...this.#counts].flatMap(([channel, counts]) =>
      [...counts].map(([seq, times]): CrashCount => [channel, seq, times]),
    );
  }

  /** Takes over what is known elsewhere. */
  replace(known: readonly CrashCount[]): void {
    this.#counts.clear();
    for (const [channel, seq, times] of known) {
      const counts = this.#counts.get(channel) ?? new Map<number, number>();
      this.#counts.set(channel, counts.set(seq, times));
    }
  }

  /** Counts another crash at a record; answers how many there were by now. */
  add(channel: number, seq: number): number {
    let counts = this.#counts.get(channel);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(channel, counts);
    }
    const count = (counts.get(seq) ?? 0) + 1;
    counts.set(seq, count);
    return count;
  }

  /** Forgets the records that are done. */
  forget(received: ChannelMarks): void {
    for (const [channel, counts] of this.#counts) {
      const done = received.records(channel);
      for (const seq of [...counts.keys()]) if (seq < done) counts.delete(seq);
    }
  }
}
