import { SageError } from "@sage-kernel/core";
import type { ChannelMessage } from "@sage-kernel/core/spi";
import { Notes } from "./notes.ts";

/** A message for a mailbox. */
export interface PostedMessage extends Omit<ChannelMessage, "id"> {
  readonly bytes: number;
  /** Gives its bytes back. */
  readonly release: () => void;
}

/** A message until it is settled. */
interface StoredMessage extends PostedMessage {
  readonly id: string;
  /** The only holder that it is for; `undefined` for whoever holds the name. */
  readonly to: number | undefined;
  /** Whether the present holder has taken it. */
  taken: boolean;
}

/** Bounds of what waits for one name. */
export interface MailboxBounds {
  /** Messages that a name holds unsettled before senders wait. */
  readonly mailboxCapacity: number;
  /** The same in bytes, which are also those of its largest message, and of all its notes. */
  readonly mailboxBytes: number;
}

/** Who holds a name. */
export interface Holder {
  readonly epoch: number;
  /** Who asks for what its holder may, and nobody else does. */
  readonly client: object;
  /** Fires when it holds the name no longer, with the error that everything rejects with. */
  readonly gone: AbortController;
}

/** Something that waits at a mailbox. */
interface Waiting {
  /** Tries, and answers whether it waits no longer. */
  readonly attempt: () => boolean;
}

/** A name of a job channel: its holder, the messages for it, and what its holders hand down. */
export class Mailbox {
  readonly name: string;
  readonly notes: Notes;
  /** Whose name it is, where principals are told apart: nobody else takes it. */
  owner: string | undefined;
  readonly #bounds: MailboxBounds;
  #holder: Holder | undefined;
  #messages: StoredMessage[] = [];
  #bytes = 0;
  #waiting: Waiting[] = [];
  #ids = 0;
  #moving = false;
  #again = false;

  readonly #nextEpoch: () => number;

  /** `nextEpoch` answers a higher number each time, whatever the name: a name may be forgotten and come again. */
  constructor(name: string, bounds: MailboxBounds, nextEpoch: () => number) {
    this.name = name;
    this.#bounds = bounds;
    this.notes = new Notes(bounds.mailboxBytes);
    this.#nextEpoch = nextEpoch;
  }

  /** Who holds it. */
  get holder(): Holder | undefined {
    return this.#holder;
  }

  /** Whether nobody has anything to do with it, and nothing is left in it. */
  get idle(): boolean {
    const left = this.#messages.length + this.#waiting.length + this.notes.size;
    return this.#holder === undefined && left === 0;
  }

  /** Whether somebody waits for something here. */
  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Drops all that is in it. */
  clear(): void {
    this.#keep(() => false);
    this.notes.clear();
  }

  /** Gives the name to a new holder, when it is their turn. */
  hold(fence: boolean, client: object, signal: AbortSignal): Promise<Holder> {
    return this.#until(() => {
      if (!fence && this.#holder !== undefined) return undefined;
      this.lose(this.#holder, "another holder has taken it");
      this.#holder = { epoch: this.#nextEpoch(), client, gone: new AbortController() };
      return this.#holder;
    }, signal);
  }

  /** Takes the name from a holder, if that is the one. */
  lose(holder: Holder | undefined, why: string): void {
    if (holder === undefined || this.#holder !== holder) return;
    this.#holder = undefined;
    this.#keep(({ to }) => to === undefined);
    for (const message of this.#messages) message.taken = false;
    holder.gone.abort(new SageError("SEAT_LOST", { seat: this.name, epoch: holder.epoch, why }));
    this.#changed();
  }

  /** The holder of this epoch. @throws SageError `SEAT_LOST` unless it is this client's, and it holds the name now. */
  held(epoch: number, client: object): Holder {
    if (this.#holder?.epoch === epoch && this.#holder.client === client) return this.#holder;
    throw new SageError("SEAT_LOST", { seat: this.name, epoch, why: "it is not held any more" });
  }

  /**
   * Puts a message in when there is room, in messages and in bytes, of which the last one may take more: `false` when it is for a
   * holder that is gone.
   */
  put(message: PostedMessage, to: number | undefined, signal: AbortSignal): Promise<boolean> {
    const { mailboxCapacity, mailboxBytes } = this.#bounds;
    return this.#until(() => {
      if (to !== undefined && this.#holder?.epoch !== to) return false;
      if (this.#messages.length >= mailboxCapacity || this.#bytes >= mailboxBytes) return undefined;
      this.#messages.push({ ...message, id: `${this.name}-${this.#ids++}`, to, taken: false });
      this.#bytes += message.bytes;
      return true;
    }, signal);
  }

  /** Takes messages, once there are any. */
  take(max: number, signal: AbortSignal): Promise<readonly ChannelMessage[]> {
    return this.#until(() => {
      const next = this.#messages.filter(({ taken }) => !taken).slice(0, max);
      if (next.length === 0) return undefined;
      return next.map((message) => {
        message.taken = true;
        const { id, from, body, principal } = message;
        return { id, from, body, ...(principal && { principal }) };
      });
    }, signal);
  }

  /** Drops messages that are dealt with. */
  settle(ids: readonly string[]): void {
    const done = new Set(ids);
    this.#keep(({ id, taken }) => !(taken && done.has(id)));
    this.#changed();
  }

  /** Drops all other messages. */
  #keep(kept: (message: StoredMessage) => boolean): void {
    const before = this.#messages;
    this.#messages = before.filter(kept);
    if (this.#messages.length === before.length) return;
    const left = new Set(this.#messages);
    for (const message of before) {
      if (left.has(message)) continue;
      this.#bytes -= message.bytes;
      message.release();
    }
  }

  /** Waits until an attempt answers something. */
  #until<T>(attempt: () => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      const waiting = {
        attempt: (): boolean => {
          const answer = attempt();
          if (answer === undefined) return false;
          signal.removeEventListener("abort", onAbort);
          resolve(answer);
          return true;
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#changed();
    });
  }

  /** Lets those that wait try again, in their order, as long as one of them changes something for the others. */
  #changed(): void {
    this.#again = true;
    if (this.#moving) return;
    this.#moving = true;
    while (this.#again) {
      this.#again = false;
      for (const waiting of [...this.#waiting]) {
        if (!this.#waiting.includes(waiting) || !waiting.attempt()) continue;
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        this.#again = true;
      }
    }
    this.#moving = false;
  }
}
