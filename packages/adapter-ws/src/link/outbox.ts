import { bodySize, type Frame, frameSize } from "../wire/message.ts";
import { WireFault } from "../wire/wire-fault.ts";

/**
 * Numbered frames until the other end has them. They are numbered from 1 without gaps; over each new connection those are sent
 * again that have not arrived, in their order and before anything new (as in MQTT 5, at no other time).
 */
export class Outbox {
  #frames: Frame[] = [];
  /** How many frames at the front of the list have arrived. */
  #gone = 0;
  /** Number of the first frame of the list. */
  #first = 1;
  /** Number of the next frame to be sent. */
  #next = 1;
  #bytes = 0;

  /** Bytes of the frames that have not arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames that were ever added. */
  get pushed(): number {
    return this.#first + this.#frames.length - 1;
  }

  /** Whether there are frames to be sent. */
  get waiting(): boolean {
    return this.#next < this.#first + this.#frames.length;
  }

  /** Whether everything has arrived. */
  get empty(): boolean {
    return this.#gone === this.#frames.length;
  }

  /** Adds a frame. */
  push(frame: Frame): void {
    this.#frames.push(frame);
    this.#bytes += frameSize(bodySize(frame));
  }

  /** The next frames to be sent, of so many bytes and so many frames at most, and one at least. */
  take(maxBytes: number, maxFrames: number): { readonly first: number; readonly frames: readonly Frame[] } {
    const first = this.#next;
    const from = first - this.#first;
    let to = from;
    let bytes = 0;
    while (to < this.#frames.length && to - from < maxFrames) {
      bytes += frameSize(bodySize(this.#frames[to] as Frame));
      if (to > from && bytes > maxBytes) break;
      to++;
    }
    this.#next = this.#first + to;
    return { first, frames: this.#frames.slice(from, to) };
  }

  /**
   * The other end has all frames up to this number.
   *
   * @throws WireFault `protocol` for more than was sent.
   */
  acknowledge(received: number): void {
    if (received >= this.#next) throw new WireFault("protocol", "it has received more than was sent");
    const gone = received - this.#first + 1;
    for (let i = this.#gone; i < gone; i++) this.#bytes -= frameSize(bodySize(this.#frames[i] as Frame));
    if (gone <= this.#gone) return;
    this.#gone = gone;
    if (gone === this.#frames.length) this.#drop(gone);
    else if (gone >= 1024) this.#drop(gone);
  }

  /**
   * Starts over on a new connection: what has not arrived is sent again.
   *
   * @throws WireFault `resumeFailed` for a number that is no longer, or not yet, a place to go on from.
   */
  resume(received: number): void {
    this.checkResume(received);
    this.acknowledge(received);
    this.#next = received + 1;
  }

  /** Looks whether that is such a place. @throws WireFault `resumeFailed`. */
  checkResume(received: number): void {
    if (received < this.#first + this.#gone - 1 || received >= this.#next)
      throw new WireFault("resumeFailed", "it wants to go on from where nobody can");
  }

  #drop(gone: number): void {
    this.#frames = this.#frames.slice(gone);
    this.#first += gone;
    this.#gone = 0;
  }
}

/** Counts the numbered frames that have arrived, and tells new ones from those that came before. */
export class Inbox {
  #received = 0;

  /** Number of the last frame that has arrived; all before it have, too. */
  get received(): number {
    return this.#received;
  }

  /**
   * Takes in `count` frames of which the first has this number; answers how many of them came before, and are to be dropped.
   *
   * @throws WireFault `protocol` for a gap.
   */
  accept(first: number, count: number): number {
    if (count === 0) return 0;
    if (first < 1 || first > this.#received + 1)
      throw new WireFault("protocol", `frame ${first} comes behind frame ${this.#received}`);
    const known = Math.min(count, this.#received + 1 - first);
    this.#received = Math.max(this.#received, first + count - 1);
    return known;
  }
}
