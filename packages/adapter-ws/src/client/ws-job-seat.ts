import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  abortable,
  type ChannelMessage,
  checkedJson,
  type JobSeat,
  pathOf,
  type SeatAddress,
  type SeatNotes,
} from "@sage-kernel/core/spi";
import type { SeatPort } from "./request-port.ts";

/** A seat at a hub, at its holder's end. */
export class WsJobSeat implements JobSeat {
  readonly name: string;
  readonly epoch: number;
  readonly notes: SeatNotes = {
    all: async () => new Map((await this.#ask("notes", {})) as unknown as [string, JsonValue][]),
    set: async (key, value) => {
      await this.#ask("note", { key, value: checked(value) });
    },
    delete: async (key) => {
      await this.#ask("forget", { key });
    },
  };
  readonly #port: SeatPort;
  readonly #giveBack: () => Promise<void>;
  readonly #lost = new AbortController();
  /** What has come and was not asked for any more. */
  readonly #came: ChannelMessage[] = [];
  #taking: Promise<void> | undefined;
  /** Those who wait for something, and are told when the seat is lost. */
  readonly #waiting = new Set<(lost: unknown) => void>();

  /** `giveBack` gives the name back, and settles when that is known to be done. */
  constructor(port: SeatPort, address: Required<SeatAddress>, giveBack: () => Promise<void>) {
    this.#port = port;
    this.name = address.name;
    this.epoch = address.epoch;
    this.#giveBack = giveBack;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async send(
    { name: to, epoch: toEpoch }: SeatAddress,
    body: JsonValue,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const args = { to, ...(toEpoch !== undefined && { toEpoch }), body: checked(body) };
    return (await this.#ask("send", args, signal)) as boolean;
  }

  async take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]> {
    this.lost.throwIfAborted();
    signal?.throwIfAborted();
    while (this.#came.length === 0) await this.#more(max, signal);
    return this.#came.splice(0, max);
  }

  async settle(messages: readonly Pick<ChannelMessage, "id">[]): Promise<void> {
    await this.#ask("settle", { ids: messages.map(({ id }) => id) });
  }

  async leave(): Promise<void> {
    if (this.lost.aborted) return;
    this.lose("it was left");
    await this.#giveBack();
  }

  /** It is held no longer. */
  lose(why: string): void {
    if (this.lost.aborted) return;
    this.#lost.abort(new SageError("SEAT_LOST", { seat: this.name, epoch: this.epoch, why }));
    for (const reject of this.#waiting) reject(this.lost.reason);
  }

  /** Asks once, however many give it up: what comes then is for the next take. */
  async #more(max: number, signal?: AbortSignal): Promise<void> {
    this.#taking ??= this.#ask("take", { max })
      .then((messages) => void this.#came.push(...(messages as unknown as ChannelMessage[])))
      .finally(() => {
        this.#taking = undefined;
      });
    this.#taking.catch(() => undefined); // who asked may have given up
    await (signal === undefined ? this.#taking : abortable(this.#taking, signal));
  }

  async #ask(operation: string, args: object, signal?: AbortSignal): Promise<JsonValue> {
    this.lost.throwIfAborted();
    const { name, epoch } = this;
    let reject: (lost: unknown) => void = () => undefined;
    const lost = new Promise<never>((_, ended) => {
      reject = ended;
    });
    this.#waiting.add(reject);
    try {
      const given = { name, epoch, ...args };
      const asked = this.#port.request(`seat.${operation}`, given, { signal, confirm: true });
      return await Promise.race([asked, lost]);
    } finally {
      this.#waiting.delete(reject);
    }
  }
}

/** A copy of what is to be sent. @throws SageError `NOT_JSON`. */
function checked(body: JsonValue): JsonValue {
  return checkedJson(body, (keys, got) => new SageError("NOT_JSON", { path: `body${pathOf(keys)}`, got }));
}
