import type { Batch } from "@sage-kernel/core/spi";
import { tooLarge } from "../wire/too-large.ts";

/** Checks that each record of a batch may be sent. @throws SageError `INVALID_OPTION`; what `encode` throws. */
export type RecordCheck = (batch: Batch) => void;

/** Checks by the bytes that `encode` writes: of one record there may be so many. */
export function recordCheck(encode: (batch: Batch) => Uint8Array, most: number): RecordCheck {
  const check = (batch: Batch): void => {
    const records = batch.payloads.length;
    if (records === 0) return;
    const { length } = encode(batch);
    if (length <= most) return;
    if (records === 1) throw tooLarge("payload", length, most);
    const half = Math.ceil(records / 2);
    check(batch.range(0, half));
    check(batch.range(half));
  };
  return check;
}

/** Bytes of the largest batch that fits a frame with its numbers. */
export function largestBatch(maxFrameBytes: number): number {
  return maxFrameBytes - 64;
}
