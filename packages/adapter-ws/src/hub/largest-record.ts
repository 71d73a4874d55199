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

/** Checks messages of services likewise, without writing those that are small at a glance. */
export function callCheck(encode: (batch: Batch) => Uint8Array, most: number): RecordCheck {
  const check = recordCheck(encode, most);
  return (batch) => {
    for (const message of batch.payloads) if (!isSmall(message, most)) return check(batch);
  };
}

/** More than what is written of a message beside what its caller has given it, or its service. */
const ofItsOwn = 4096;
/** Values that are looked at. */
const mostLooks = 64;

/** Whether a message has few bytes, as far as that is said quickly: of a few texts, numbers, lists and plain objects. */
function isSmall(message: unknown, most: number): boolean {
  if (typeof message !== "object" || message === null) return false;
  const { args, value, headers, idempotencyKey, ok } = message as Record<string, unknown>;
  let bytes = ofItsOwn;
  let looks = 0;
  const isLittle = (part: unknown): boolean => {
    if (++looks > mostLooks) return false;
    if (typeof part === "string")
      bytes += 6 * part.length; // the most that JSON writes of a character
    else if (typeof part === "object" && part !== null) {
      if (Array.isArray(part)) return part.every(isLittle);
      if (Object.getPrototypeOf(part) !== Object.prototype) return false;
      return Object.entries(part).every(([key, item]) => isLittle(key) && isLittle(item));
    }
    return bytes <= most && typeof part !== "bigint";
  };
  return ok !== false && [args, value, headers, idempotencyKey].every(isLittle);
}

/** Bytes of the largest batch that fits a frame with its numbers. */
export function largestBatch(maxFrameBytes: number): number {
  return maxFrameBytes - 64;
}
