import { escaped } from "./queue-keys.ts";

/** The keys of one name in a channel. The channel is their hash tag: all of it lies in one slot of a cluster. */
export class SeatKeys {
  /** Hash: who holds the name. */
  readonly seat: string;
  /** Stream: messages that are not settled. */
  readonly inbox: string;
  /** Stream: says that something has changed: who holds the name, or that there is room. */
  readonly word: string;
  /** Hash: the number of the last message of its holder, by receiver. */
  readonly sent: string;
  /** Hash: what its holders hand down. */
  readonly notes: string;

  /** @param prefix of all keys, such as `sage:` */
  constructor(prefix: string, channel: string, name: string) {
    const base = `${prefix}{~${escaped(channel)}}:${name}`;
    this.seat = `${base}:seat`;
    this.inbox = `${base}:in`;
    this.word = `${base}:w`;
    this.sent = `${base}:sent`;
    this.notes = `${base}:notes`;
  }
}
