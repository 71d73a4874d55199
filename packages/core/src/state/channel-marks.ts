import type { Batch } from "../packet/batch.ts";

interface Mark {
  readonly channel: number;
  records: number;
  stopped: boolean;
}

/** How far the channels into or out of one task have come. */
export class ChannelMarks {
  readonly #marks = new Map<number, Mark>();
  /** The one that was moved last: most tasks have few channels, and many have one. */
  #last: Mark | undefined;

  /** Records of a channel so far, which is the sequence number of its next one. */
  records(channel: number): number {
    return this.#marks.get(channel)?.records ?? 0;
  }

  /** Whether a channel's stop signal is behind it. */
  stopped(channel: number): boolean {
    return this.#marks.get(channel)?.stopped === true;
  }

  /** Moves a channel to the end of a batch. */
  move(batch: Batch): void {
    const last = this.#last;
    const mark = last !== undefined && last.channel === batch.channel ? last : this.#mark(batch.channel);
    mark.records = batch.firstSeq + batch.payloads.length;
    if (batch.stop !== undefined) mark.stopped = true;
  }

  /** Moves a channel to the end of a batch, unless it is further already. */
  reach(batch: Batch): void {
    if (batch.firstSeq + batch.payloads.length >= this.records(batch.channel)) this.move(batch);
  }

  /** The marks now. */
  copy(): ChannelMarks {
    const copy = new ChannelMarks();
    for (const [channel, mark] of this.#marks) copy.#marks.set(channel, { ...mark });
    return copy;
  }

  /** All of them as plain JSON, for who keeps them: channel, records, and whether it has stopped. */
  toList(): [channel: number, records: number, stopped: boolean][] {
    return [...this.#marks.values()].map(({ channel, records, stopped }) => [channel, records, stopped]);
  }

  /** The marks that {@link toList} made a list of. */
  static fromList(list: readonly (readonly [number, number, boolean])[]): ChannelMarks {
    const marks = new ChannelMarks();
    for (const [channel, records, stopped] of list) marks.#marks.set(channel, { channel, records, stopped });
    return marks;
  }

  /** Records so far, by channel number, as plain JSON. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#marks.values()].map(({ channel, records }) => [channel, records]));
  }

  #mark(channel: number): Mark {
    let mark = this.#marks.get(channel);
    if (mark === undefined) {
      mark = { channel, records: 0, stopped: false };
      this.#marks.set(channel, mark);
    }
    this.#last = mark;
    return mark;
  }
}
