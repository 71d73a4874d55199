import { setMaxListeners } from "node:events";
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
import type { SeatKeys } from "./channel-keys.ts";
import { type ChannelProcess, inTime, newsOf } from "./channel-process.ts";
import { leaveScript, noteScript, renewScript, settleScript } from "./channel-scripts.ts";
import { SeatInbox } from "./seat-inbox.ts";
import { type Sender, SendLane } from "./send-lane.ts";

/** Why a seat is lost. */
const taken = "somebody else has taken it";

/** A name that this process holds in a channel. */
export class RedisJobSeat implements JobSeat, Sender {
  readonly name: string;
  readonly epoch: number;
  /** What tells it from all other holders at the server. */
  readonly identity: readonly [epoch: string, nonce: string];
  readonly notes: SeatNotes = {
    all: () => this.#notes(),
    set: (key, value) => this.#note(key, JSON.stringify(this.#json(value, "value"))),
    delete: (key) => this.#note(key, ""),
  };
  readonly #process: ChannelProcess;
  readonly #keys: SeatKeys;
  readonly #lost = new AbortController();
  readonly #inbox: SeatInbox;
  readonly #lanes = new Map<string, SendLane>();
  #news: { stop(): void } | undefined;

  constructor(process: ChannelProcess, name: string, identity: readonly [epoch: string, nonce: string]) {
    this.#process = process;
    this.name = name;
    this.identity = identity;
    this.epoch = Number(identity[0]);
    this.#keys = process.keys(name);
    setMaxListeners(0, this.lost); // as many wait as have something under way
    this.#inbox = new SeatInbox({
      ...{ name, epoch: identity[0], key: this.#keys.inbox, reader: process.reader },
      drop: (ids) => void this.#settle(ids).catch(() => undefined), // they stay until the next holder
    });
    void this.#hold();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async send(to: SeatAddress, body: JsonValue, signal?: AbortSignal): Promise<boolean> {
    this.#check(signal);
    const sent = this.#json(body, "body");
    const lane = this.#lanes.get(to.name) ?? new SendLane(this.#process, this, to.name);
    this.#lanes.set(to.name, lane);
    return lane.send(to, sent, signal);
  }

  async take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]> {
    this.#check(signal);
    return this.#inbox.take(max, signal);
  }

  async settle(messages: readonly Pick<ChannelMessage, "id">[]): Promise<void> {
    this.#check();
    if (messages.length === 0) return;
    const ids = messages.map(({ id }) => id);
    await abortable(this.#settle(ids), this.lost);
    this.#inbox.settled(ids);
  }

  async leave(): Promise<void> {
    if (this.lost.aborted) return;
    this.lose("it was left");
    const { seat, inbox, word, sent } = this.#keys;
    await inTime(
      this.#process,
      this.#process.redis.run(leaveScript, [seat, inbox, word, sent], this.identity),
    );
  }

  /** The server may have lost something. */
  lookAgain(): void {
    this.#inbox.readAgain();
    this.#news?.stop();
  }

  lose(why = taken): SageError {
    if (!this.lost.aborted) {
      const error = new SageError("SEAT_LOST", { seat: this.name, epoch: this.epoch, why });
      this.#lost.abort(error);
      this.#inbox.end(error);
      this.#news?.stop();
    }
    return this.lost.reason as SageError;
  }

  /** Tells the server from time to time that the holder is there, and whenever somebody else may be, until the seat is lost. */
  async #hold(): Promise<void> {
    const { seat, word } = this.#keys;
    let last = "0-0";
    while (!this.lost.aborted) {
      try {
        const answer = await this.#process.redis.run(renewScript, [seat, word], this.identity);
        if (answer === null) this.lose();
        else last = String(answer);
      } catch {
        // The server is away: it is told later.
      }
      if (this.lost.aborted) return;
      const news = newsOf(this.#process, word, last);
      this.#news = news;
      await news.heard;
    }
  }

  async #settle(ids: readonly string[]): Promise<void> {
    const { seat, inbox, word } = this.#keys;
    const done = await this.#process.redis.run(settleScript, [seat, inbox, word], [...this.identity, ...ids]);
    if (done === 0) throw this.lose();
  }

  async #notes(): Promise<ReadonlyMap<string, JsonValue>> {
    this.#check();
    const kept = [...(await abortable(this.#process.redis.hash(this.#keys.notes), this.lost))];
    const notes = kept
      .filter(([field]) => field.startsWith("k:"))
      .map(([field, text]) => {
        const colon = text.indexOf(":");
        const value = JSON.parse(text.slice(colon + 1)) as JsonValue;
        return { key: field.slice(2), n: Number(text.slice(0, colon)), value };
      });
    return new Map(notes.sort((a, b) => a.n - b.n).map(({ key, value }) => [key, value]));
  }

  async #note(key: string, text: string): Promise<void> {
    this.#check();
    const { seat, notes } = this.#keys;
    const noted = this.#process.redis.run(noteScript, [seat, notes], [...this.identity, key, text]);
    if ((await abortable(noted, this.lost)) === 0) throw this.lose();
  }

  /** A copy of what is to be kept or sent. @throws SageError `NOT_JSON`. */
  #json(value: JsonValue, path: string): JsonValue {
    return checkedJson(
      value,
      (keys, got) => new SageError("NOT_JSON", { path: `${path}${pathOf(keys)}`, got }),
    );
  }

  #check(signal?: AbortSignal): void {
    this.lost.throwIfAborted();
    signal?.throwIfAborted();
  }
}
