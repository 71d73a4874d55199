import type { RoomRequest } from "@sage-kernel/core/spi";

/** Bytes that a queue holds, or has promised room for, unless its descriptor has `maxBytes`. */
const defaultMaxBytes = 16 * 1024 * 1024;

/** Room of a queue in bytes: what is inside, what is promised, and who waits in line for more. */
export class ByteRoom {
  readonly maxBytes: number;
  /** Bytes inside, and promised. */
  #bytes = 0;
  /** Where batches that weigh something end. */
  #weights: { readonly end: number; readonly bytes: number }[] = [];
  #line: { readonly bytes: number; readonly give: () => void }[] = [];

  /** `maxBytes`: of the queue's descriptor. */
  constructor(maxBytes: unknown) {
    this.maxBytes = typeof maxBytes === "number" ? maxBytes : defaultMaxBytes;
  }

  /** Bytes that there is room for. */
  get left(): number {
    return this.maxBytes - this.#bytes;
  }

  /** Whether somebody waits for room. */
  get crowded(): boolean {
    return this.#line.length > 0;
  }

  /** Gets in line for room; what one asks for is given at once and whole. */
  reserve(bytes: number, give: () => void): RoomRequest {
    const waiting = { bytes, give };
    this.#line.push(waiting);
    this.#give();
    return {
      cancel: () => {
        this.#line = this.#line.filter((other) => other !== waiting);
        this.#give();
      },
    };
  }

  /** Promised bytes have come, up to this position; others have had so many of them. */
  arrive(end: number, bytes: number, lent: number): void {
    this.#bytes += lent;
    if (bytes > 0) this.#weights.push({ end, bytes });
  }

  /** Promised bytes are not needed. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes;
    this.#give();
  }

  /** Everything up to a position is gone. */
  free(position: number): void {
    let gone = 0;
    for (let w = this.#weights[gone]; w !== undefined && w.end <= position; w = this.#weights[++gone]) {
      this.#bytes -= w.bytes;
    }
    if (gone > 0) this.#weights.splice(0, gone);
    this.#give();
  }

  /** Nobody gets any more. */
  close(): void {
    this.#line = [];
  }

  #give(): void {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      if (first.bytes > this.left) return;
      this.#line.shift();
      this.#bytes += first.bytes;
      first.give();
    }
  }
}
