import type { JsonValue } from "@sage-kernel/core";
import type { Batch, Delivery } from "@sage-kernel/core/spi";

/**
 * Where the reading of a queue stands: its last entry, how many elements of that are done, how many records are done in
 * all, whether the entry is done, and its stream and token, by which a commit sees that the entry is still there. A JSON
 * value.
 */
export type QueuePosition = readonly [
  id: string,
  elements: number,
  records: number,
  whole: 0 | 1,
  stream: string,
  token: string,
];

/** Whether a position is one in a queue of Redis. */
export function isQueuePosition(position: unknown): position is QueuePosition & JsonValue {
  return Array.isArray(position) && position.length === 6 && /^\d+-\d+$/.test(String(position[0]));
}

/** The positions in queues of Redis that the position of an input is made of: itself, or those of a loop's two queues. */
export function queuePositions(position: JsonValue | undefined): readonly QueuePosition[] {
  if (isQueuePosition(position)) return [position];
  if (typeof position !== "object" || position === null || Array.isArray(position)) return [];
  return Object.values(position).filter(isQueuePosition);
}

/** The part of an entry that a delivery has. */
export interface EntryPart {
  readonly id: string;
  readonly token: string;
  /** Key of the stream that has it. */
  readonly key: string;
  /** The part, as one batch. */
  readonly batch: Batch;
  /** Elements of the entry before the part. */
  readonly before: number;
  /** Records of the queue before the part, in all. */
  readonly records: number;
  /** Elements of the whole entry. */
  readonly elements: number;
}

/** The position behind so many elements of a part of an entry. */
export function positionIn(part: EntryPart, elements: number): QueuePosition {
  const done = part.before + elements;
  const records = part.records + Math.min(elements, part.batch.payloads.length);
  return [part.id, done, records, done === part.elements ? 1 : 0, part.key, part.token];
}

/** What a take of a queue in Redis hands out: it knows its entries, so that any place in it has a position. */
export class RedisDelivery implements Delivery {
  readonly batches: readonly Batch[];
  readonly position: JsonValue;
  readonly done: boolean;
  readonly #parts: readonly EntryPart[];

  /** `last` is where the queue stood before; `done` that nothing follows. */
  constructor(parts: readonly EntryPart[], last: QueuePosition | null, done: boolean) {
    this.#parts = parts;
    this.batches = parts.map(({ batch }) => batch);
    const end = parts.at(-1);
    this.position = end === undefined ? last : positionIn(end, end.batch.elements);
    this.done = done;
  }

  /** The position behind so many elements of it. */
  after(elements: number): JsonValue {
    let rest = elements;
    for (const part of this.#parts) {
      if (rest <= part.batch.elements) return positionIn(part, rest);
      rest -= part.batch.elements;
    }
    return this.position;
  }
}
