import type { Queue } from "../queue/queue.port.ts";

/** Who reads a queue of messages in the same process as those who write it. */
export interface DirectReader {
  /** Whether it would read a message at once that came now, with none before it. */
  readonly ready: boolean;
  /** Handles a message that has not been through the queue. */
  read(message: unknown): void;
}

/**
 * The ways past queues: where both ends are in one process, and the queue is empty, a message goes to its reader at
 * once, as far as there would have been room for it.
 */
export class DirectWays {
  readonly #readers = new WeakMap<Queue, DirectReader>();

  /** Lets messages pass a queue by, if its two ends are in this process. */
  add(queue: Queue, reader: DirectReader): void {
    if (queue.inProcess === true) this.#readers.set(queue, reader);
  }

  /** The reader of a queue, if messages may pass it by. */
  past(queue: Queue): DirectReader | undefined {
    return this.#readers.get(queue);
  }
}
