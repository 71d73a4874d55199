import type { Batch } from "@sage-kernel/core/spi";

interface Encoder {
  encode(batch: Batch): Buffer;
}

/**
 * Lets a codec write a single record as `other` does where that takes less and its own way takes more than `most` bytes: what has
 * come in either format can leave. Whoever reads one reads both.
 */
export function fitting<T extends Encoder>(codec: T, other: T, most: number): T {
  const encode = codec.encode.bind(codec);
  codec.encode = (batch) => {
    const own = encode(batch);
    if (own.length <= most || batch.payloads.length !== 1) return own;
    const others = other.encode(batch);
    return others.length < own.length ? others : own;
  };
  return codec;
}
