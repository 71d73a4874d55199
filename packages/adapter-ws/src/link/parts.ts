import { WireFault } from "../wire/wire-fault.ts";

/** Bytes that a part counts for at least: it takes memory however small it is. */
const leastPartBytes = 4096;

/** Bounds of bodies that come in parts. */
export interface PartsBounds {
  /** Bytes of the largest one, at each moment. */
  readonly maxBodyBytes: number;
}

/** Puts bodies together that come in parts. */
export class Parts {
  readonly #bounds: PartsBounds;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(bounds: PartsBounds) {
    this.#bounds = bounds;
  }

  /** Takes in a part. @throws WireFault `limit`. */
  add(part: Uint8Array): void {
    this.#count(Math.max(part.length, leastPartBytes));
    this.#parts.push(new Uint8Array(part)); // a copy: it would keep all of its message in memory
  }

  /** The whole body behind its last part, which is the body itself where there was no other. @throws WireFault `limit`. */
  end(last: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) return last;
    this.#count(last.length);
    const whole = concatenated([...this.#parts, last]);
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#bounds.maxBodyBytes) throw new WireFault("limit", "a frame is too large");
  }
}

/** Bytes behind each other. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
