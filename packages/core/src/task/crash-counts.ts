import type { ChannelMarks } from "../state/channel-marks.ts";

/** How often each record that is not done has brought its task down. Outlives the task's incarnations. */
export class CrashCounts {
  readonly #counts = new Map<number, Map<number, number>>();

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
