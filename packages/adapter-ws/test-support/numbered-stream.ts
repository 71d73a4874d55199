import { Batch, type Delivery, type Queue } from "@sage-kernel/core/spi";

type Size = number | (() => number);

const sizeOf = (size: Size): number => (typeof size === "number" ? size : size());

/** Numbered records on their way through a queue, of which each must arrive once and in order. */
export class NumberedStream {
  readonly #padding: string;
  readonly #onStep: () => void;
  /** Records whose puts have ended. */
  put = 0;
  /** Records that were taken. */
  taken = 0;
  /** Whether the stop signal was taken. */
  ended = false;

  /** Records have so many bytes more than their number; `onStep` is called after each put and each take. */
  constructor(bytes = 0, onStep: () => void = () => undefined) {
    this.#padding = "x".repeat(bytes);
    this.#onStep = onStep;
  }

  /** Puts records until there are `count`, in batches of `size`. */
  async putUpTo(count: number, queue: Queue, size: Size = 1): Promise<void> {
    while (this.put < count) {
      const length = Math.min(sizeOf(size), count - this.put);
      const payloads = Array.from({ length }, (_, i) => [this.put + i, this.#padding]);
      await queue.put(new Batch(0, this.put, payloads));
      this.put += length;
      this.#onStep();
    }
  }

  /** The same, and a stop signal behind them. */
  async putAll(count: number, queue: Queue, size: Size = 1): Promise<void> {
    await this.putUpTo(count, queue, size);
    await queue.put(new Batch(0, this.put, [], undefined, undefined, { source: "numbers", time: 0 }));
  }

  /** Takes all until the stop signal, so many at once at most. @throws Error for what is not the next one. */
  async takeAll(queue: Queue, max: Size = 10): Promise<void> {
    while (!this.ended) {
      const delivery = await queue.take(sizeOf(max));
      this.#check(delivery);
      await queue.advance(delivery.position);
      this.#onStep();
    }
  }

  /** Takes one batch, and no more. */
  async takeSome(queue: Queue): Promise<void> {
    this.#check(await queue.take(1));
  }

  #check({ batches }: Delivery): void {
    for (const { firstSeq, payloads, stop } of batches) {
      const first = (payloads[0] as [number, string] | undefined)?.[0] ?? firstSeq;
      if (this.ended || firstSeq !== this.taken || first !== this.taken)
        throw new Error(`${first} comes behind ${this.taken}`);
      this.taken += payloads.length;
      this.ended = stop !== undefined;
    }
  }
}
