import { type JsonValue, type Principal, SageError } from "@sage-kernel/core";
import type { ChannelMessage, SeatAddress } from "@sage-kernel/core/spi";

/** A message in a mailbox, until it is settled. */
export interface StoredMessage {
  readonly id: string;
  readonly from: Required<SeatAddress>;
  /** The only holder that it is for; `undefined` for whoever holds the name. */
  readonly to: number | undefined;
  readonly body: JsonValue;
  /** Whom its sender is known as. */
  readonly principal: Principal | undefined;
  /** Whether the present holder has taken it. */
  taken: boolean;
}

/** Who holds a name. */
export interface Holder {
  readonly epoch: number;
  /** The process that it is in. */
  readonly peer: string;
  /** Hears that the seat is lost, by the error that everything rejects with. */
  readonly onLost: (error: SageError) => void;
}

/** A name of a pretended job channel: its holder, and the messages for it. */
export class FakeMailbox {
  holder: Holder | undefined;
  messages: StoredMessage[] = [];
  /** What its holders hand down. */
  readonly notes = new Map<string, JsonValue>();
  readonly #name: string;
  #epochs = 0;
  #ids = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Gives the name to a new holder, which sees again what was not settled. */
  hold(peer: string, onLost: Holder["onLost"]): Holder {
    this.lose("another holder has taken it");
    this.holder = { epoch: ++this.#epochs, peer, onLost };
    return this.holder;
  }

  /** Takes the name from its holder, if it has one. */
  lose(why: string): void {
    const { holder } = this;
    if (holder === undefined) return;
    this.holder = undefined;
    this.messages = this.messages.filter(({ to }) => to === undefined);
    for (const message of this.messages) message.taken = false;
    holder.onLost(this.#lost(holder.epoch, why));
  }

  /** @throws SageError `SEAT_LOST` unless the holder of this epoch holds the name now. */
  check(epoch: number): void {
    if (this.holder?.epoch !== epoch) throw this.#lost(epoch, "it is not held any more");
  }

  /** Puts a message behind the others. */
  put(from: Required<SeatAddress>, to: number | undefined, body: JsonValue, principal?: Principal): void {
    this.messages.push({ id: `${this.#name}-${this.#ids++}`, from, to, body, principal, taken: false });
  }

  /** Takes the next messages; none when there are none. */
  take(max: number): ChannelMessage[] {
    const next = this.messages.filter(({ taken }) => !taken).slice(0, max);
    return next.map((message) => {
      message.taken = true;
      const { id, from, body, principal } = message;
      return { id, from, body, ...(principal && { principal }) };
    });
  }

  /** Drops messages that are dealt with. */
  settle(ids: readonly string[]): void {
    const done = new Set(ids);
    this.messages = this.messages.filter(({ id, taken }) => !(taken && done.has(id)));
  }

  #lost(epoch: number, why: string): SageError {
    return new SageError("SEAT_LOST", { seat: this.#name, epoch, why });
  }
}
