import { type JsonValue, SageError } from "@sage-kernel/core";
import type { ChannelMessage, JobSeat, SeatAddress, SeatNotes } from "@sage-kernel/core/spi";
import type { FakeJobHub } from "./fake-job-hub.ts";

/** A seat of a pretended job channel, at its holder's end. */
export class FakeJobSeat implements JobSeat {
  readonly name: string;
  readonly epoch: number;
  readonly notes: SeatNotes = {
    all: async () =>
      (await this.#ask(() => new Map(this.hub.notesOf(this.#address)))) as Map<string, JsonValue>,
    set: async (key, value) => {
      const noted = this.hub.checked(value);
      await this.#ask(() => void this.hub.notesOf(this.#address).set(key, noted));
    },
    delete: async (key) => {
      await this.#ask(() => void this.hub.notesOf(this.#address).delete(key));
    },
  };
  protected readonly hub: FakeJobHub;
  readonly #peer: string;
  protected readonly losing: AbortController;
  /** What has come and was not asked for any more. */
  #came: ChannelMessage[] = [];
  #asking: Promise<void> | undefined;
  /** Those who wait for something, and are told when the seat is lost. */
  readonly #waiting = new Set<(lost: unknown) => void>();

  constructor(hub: FakeJobHub, peer: string, { name, epoch }: Required<SeatAddress>, lost: AbortController) {
    this.hub = hub;
    this.#peer = peer;
    this.name = name;
    this.epoch = epoch;
    this.losing = lost;
    const onLost = (): void => {
      for (const reject of this.#waiting) reject(lost.signal.reason);
    };
    lost.signal.addEventListener("abort", onLost, { once: true });
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  async send(to: SeatAddress, body: JsonValue, signal?: AbortSignal): Promise<boolean> {
    const sent = this.hub.checked(body);
    return (await this.#ask((given) => this.hub.post(this.#address, to, sent, given), signal)) as boolean;
  }

  async take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]> {
    this.lost.throwIfAborted();
    signal?.throwIfAborted();
    while (this.#came.length === 0) await this.#more(max, signal);
    return this.#came.splice(0, max);
  }

  async settle(messages: readonly Pick<ChannelMessage, "id">[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    await this.#ask(() => this.hub.settle(this.#address, ids));
  }

  async leave(): Promise<void> {
    if (this.lost.aborted) return;
    this.losing.abort(new SageError("SEAT_LOST", { seat: this.name, epoch: this.epoch, why: "it was left" }));
    await this.hub.tellServer(() => this.hub.leave(this.#address), this.#peer);
  }

  get #address(): Required<SeatAddress> {
    return { name: this.name, epoch: this.epoch };
  }

  /** Asks once, however many give it up: what comes then is for the next take. */
  async #more(max: number, signal?: AbortSignal): Promise<void> {
    this.#asking ??= this.#ask((given) => this.hub.take(this.#address, max, given)).then(
      (messages) => {
        this.#asking = undefined;
        this.#came.push(...(messages as ChannelMessage[]));
      },
      (error) => {
        this.#asking = undefined;
        throw error;
      },
    );
    await abortable(this.#asking, signal);
  }

  async #ask(run: (signal: AbortSignal) => unknown, signal?: AbortSignal): Promise<unknown> {
    this.lost.throwIfAborted();
    let reject: (lost: unknown) => void = () => undefined;
    const lost = new Promise<never>((_, ended) => {
      reject = ended;
    });
    this.#waiting.add(reject);
    try {
      return await Promise.race([this.hub.ask(run, signal, this.#peer), lost]);
    } finally {
      this.#waiting.delete(reject);
    }
  }
}

/** Waits no longer than until a signal fires. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  promise.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", onAbort));
  });
}
