import { WireFault } from "./wire-fault.ts";

/** Most bytes of a number: 2^53 - 1 takes eight. */
export const longestVarint = 8;

/** How many bytes a number takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes a number, 0 to 2^53 - 1, seven bits to a byte and the lowest first (LEB128), and answers where it ends. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 0x80) {
    bytes[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[end++] = rest;
  return end;
}

/** Reads numbers and parts out of bytes, and refuses to read behind their end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** True when everything was read. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next byte. @throws WireFault `protocol`. */
  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new WireFault("protocol", "a message ends within a frame");
    return byte;
  }

  /** The next number. @throws WireFault `protocol` for one that is cut off, or is not a safe integer in its shortest form. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < longestVarint; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if ((byte === 0 && i > 0) || value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 0x80;
    }
    throw new WireFault("protocol", "a number is none");
  }

  /** The next so many bytes, without a copy. @throws WireFault `protocol`. */
  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new WireFault("protocol", "a message ends within a frame");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** All that is left, without a copy. */
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at);
  }

  /** Says that nothing may be left. @throws WireFault `protocol`. */
  end(): void {
    if (!this.done) throw new WireFault("protocol", "a frame is longer than what it says");
  }
}
