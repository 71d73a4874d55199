import type { Socket } from "node:net";

/** What becomes of bytes on their way. */
export interface LaneFaults {
  /** Nothing goes on. */
  readonly stalled: boolean;
  /** Bytes of each piece that goes on; all that came for `undefined`. */
  readonly pieceBytes: number | (() => number) | undefined;
  /** So much goes on in a second at most; any number for `undefined`. */
  readonly bytesPerSecond: number | undefined;
  /** So many bytes have gone on. */
  onBytes(count: number): void;
}

/** How often in a second some of what is throttled goes on. */
const portionsPerSecond = 100;
const nothing = Buffer.alloc(0);

/** One way of a connection through a proxy: reads no more than it lets go on. */
export class ProxyLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: LaneFaults;
  /** Has come, and has not gone on. */
  #held: Buffer = nothing;
  /** Whether the other side must take something first. */
  #full = false;
  /** When more may go on, while it is throttled. */
  #due = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, faults: LaneFaults) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    from.on("data", (data) => {
      this.#held = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
      this.go();
    });
    to.on("drain", () => {
      this.#full = false;
      this.go();
    });
    this.go();
  }

  /** Lets go on what may, and reads more when all of it has. */
  go(): void {
    while (this.#held.length > 0 && this.#free) this.#forward();
    if (this.#free) this.#from.resume();
    else this.#from.pause();
  }

  /** Lets nothing go on any more. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#held = nothing;
  }

  get #free(): boolean {
    return !this.#faults.stalled && !this.#full && this.#pause === undefined;
  }

  #forward(): void {
    const { pieceBytes, bytesPerSecond } = this.#faults;
    const most = bytesPerSecond === undefined ? this.#held.length : bytesPerSecond / portionsPerSecond;
    const portion = this.#held.subarray(0, Math.max(1, Math.floor(most)));
    this.#held = this.#held.subarray(portion.length);
    this.#faults.onBytes(portion.length);
    for (let at = 0; at < portion.length; ) {
      const size = (typeof pieceBytes === "function" ? pieceBytes() : pieceBytes) ?? portion.length;
      this.#full = !this.#to.write(portion.subarray(at, at + size));
      at += size;
    }
    if (bytesPerSecond !== undefined) this.#wait((1000 * portion.length) / bytesPerSecond);
  }

  #wait(ms: number): void {
    const now = performance.now();
    this.#due = Math.max(now, this.#due) + ms;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.go();
    }, this.#due - now);
  }
}
