import { hasCode, isSageError } from "../errors/sage-error.ts";
import { isPromiseLike, whenSettled } from "../host/maybe-promise.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";

/** Most messages taken at once. */
const maxTaken = 1024;

/**
 * Reads a queue of messages to its end and hands each on: a message is done when it was read, so that nothing holds up
 * those behind it.
 */
export class MessageReader {
  readonly #queue: Queue;
  readonly #onMessage: (message: unknown) => void;
  readonly #onEnd: (error: unknown) => void;
  #ended = false;

  /** `onEnd` is called once: with `undefined` when the queue was closed, else with what it has thrown. */
  constructor(queue: Queue, onMessage: (message: unknown) => void, onEnd: (error: unknown) => void) {
    this.#queue = queue;
    this.#onMessage = onMessage;
    this.#onEnd = onEnd;
  }

  /** Begins to read. */
  start(): void {
    try {
      for (;;) {
        const delivery = this.#queue.take(maxTaken);
        if (isPromiseLike(delivery)) {
          whenSettled(delivery, this.#onDelivery, this.#onError);
          return;
        }
        if (!this.#handle(delivery)) return;
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /** What the queue has lost is not waited for. */
  readonly #onError = (error: unknown): void => {
    if (!hasCode(error, "INPUT_VANISHED")) this.#end(error);
    else
      whenSettled(
        Promise.resolve(this.#queue.rewind()),
        () => this.start(),
        (failure) => this.#end(failure),
      );
  };

  /** What was read is told together with what is read next, where the queue cannot be reached now. */
  readonly #onUntold = (error: unknown): void => {
    if (!isSageError(error) || error.kind !== "unavailable") this.#end(error);
  };

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(error);
  }

  readonly #onDelivery = (delivery: Delivery): void => {
    if (this.#handle(delivery)) this.start();
  };

  #handle({ batches, position, done }: Delivery): boolean {
    for (const { payloads } of batches)
      for (let i = 0; i < payloads.length; i++) this.#onMessage(payloads[i]);
    if (done) {
      this.#end(undefined);
      return false;
    }
    const advanced = this.#queue.advance(position);
    if (isPromiseLike(advanced)) whenSettled(advanced, () => undefined, this.#onUntold);
    return !this.#ended;
  }
}
