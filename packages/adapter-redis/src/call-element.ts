import type { CallCodec } from "@sage-kernel/codec";
import { Batch } from "@sage-kernel/core/spi";

/** An element of a list: so many records, which bring the queue to so many in all, and what tells it from all others. */
export interface CallElement {
  readonly records: number;
  readonly total: number;
  readonly token: string;
  /** None where it is the end of the queue. */
  readonly bytes: Buffer;
}

const colon = 0x3a;

/** Reads what the scripts have written: `<records>:<total>:<token>:<bytes>`. Answers nothing for anything else. */
export function readElement(element: Buffer): CallElement | undefined {
  const first = element.indexOf(colon);
  const second = element.indexOf(colon, first + 1);
  const third = element.indexOf(colon, second + 1);
  const records = Number(element.toString("latin1", 0, first));
  const total = Number(element.toString("latin1", first + 1, second));
  if (first < 0 || second < 0 || third < 0 || !Number.isSafeInteger(records) || !Number.isSafeInteger(total))
    return undefined;
  const token = element.toString("latin1", second + 1, third);
  return { records, total, token, bytes: element.subarray(third + 1) };
}

/** The records of an element; those that cannot be read come out as nothing. */
export function batchIn(codec: CallCodec, bytes: Buffer, queue: string, records: number): Batch {
  try {
    return codec.decode(bytes, queue);
  } catch {
    return unreadable(records);
  }
}

/** What cannot be read comes out as nothing: whoever takes it counts it, and says so. */
export function unreadable(records: number): Batch {
  const nothing = Array.from({ length: records }, () => null);
  return new Batch(0, 0, nothing);
}
