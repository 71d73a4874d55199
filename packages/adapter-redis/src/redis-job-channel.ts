import { randomBytes } from "node:crypto";
import { SageError } from "@sage-kernel/core";
import { parseOptions } from "@sage-kernel/core/di";
import {
  abortable,
  type Clock,
  checkSeatName,
  type JobChannel,
  type JobSeat,
  type JoinOptions,
} from "@sage-kernel/core/spi";
import * as z from "zod";
import { SeatKeys } from "./channel-keys.ts";
import { type ChannelProcess, inTime, newsOf } from "./channel-process.ts";
import { joinScript } from "./channel-scripts.ts";
import { nodeClock } from "./node-clock.ts";
import type { RedisClient } from "./redis-client.ts";
import { RedisJobSeat } from "./redis-job-seat.ts";
import { removeScript } from "./scripts.ts";
import { Silence } from "./silence.ts";
import { StreamReader } from "./stream-reader.ts";
import { type StreamServer, streamClient, streamServer } from "./stream-server.ts";

const schema = z.strictObject({
  ...streamServer,
  /** Begins all keys. */
  prefix: z.string().default("sage:"),
  /** Name of the channel: those who are to meet have the same. */
  channel: z.string().min(1).default("jobs"),
  /** Messages that a name holds unsettled before senders wait. */
  capacity: z.int().min(1, "expected 1 or more messages").default(1024),
  /** How long a process may not be heard of before its names are free for who waits for them, in ms. */
  leaseMs: z.int().min(100, "expected 100 or more, in ms").default(15_000),
});

/** Options of {@link redisJobChannel}, with their defaults. */
export type RedisJobChannelOptions = z.input<typeof schema>;

/**
 * A job channel over a Redis server: managers of jobs, clients and workers that open a channel of the same name there meet, on
 * whatever hosts they are. It does without clocks that agree: a name is free when its holder was seen to be silent for the
 * lease, by whoever waits for it, over a connection that stands.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function redisJobChannel(options: RedisJobChannelOptions = {}): JobChannel {
  const checked = parseOptions(schema, options);
  return new RedisJobChannel(streamClient(checked as StreamServer, nodeClock, true), nodeClock, checked);
}

/** What a channel goes by. */
export type ChannelSettings = Pick<z.output<typeof schema>, "prefix" | "channel" | "capacity" | "leaseMs">;

/** The channel of one process. It has a client of its own, which ends with it. */
export class RedisJobChannel implements JobChannel {
  readonly #client: RedisClient;
  readonly #process: ChannelProcess;
  readonly #clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly #pokeKey: string;
  readonly #seats = new Set<RedisJobSeat>();
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;
  /** How often the server may have lost something. */
  #life = 0;

  constructor(client: RedisClient, clock: Pick<Clock, "monotonic" | "setTimer">, settings: ChannelSettings) {
    const { prefix, channel, capacity, leaseMs } = settings;
    this.#client = client;
    this.#clock = clock;
    this.#pokeKey = `${new SeatKeys(prefix, channel, randomBytes(9).toString("base64url")).word}:poke`;
    const reader = new StreamReader(client, this.#pokeKey);
    const keys = (name: string): SeatKeys => new SeatKeys(prefix, channel, name);
    this.#process = { redis: client, reader, clock, capacity, leaseMs, keys };
    client.onLoss(() => {
      this.#life++;
      for (const seat of this.#seats) seat.lookAgain();
    });
  }

  async join(name: string, { takeover = "fence", signal }: JoinOptions = {}): Promise<JobSeat> {
    const closed = this.#closed.signal;
    closed.throwIfAborted();
    signal?.throwIfAborted();
    checkSeatName(name);
    const giveUp = signal === undefined ? closed : AbortSignal.any([closed, signal]);
    const joining = this.#join(name, takeover === "fence", giveUp);
    try {
      return (await abortable(joining, giveUp)) as RedisJobSeat; // nothing comes only where it was given up
    } catch (error) {
      joining.then((seat) => seat?.leave()).catch(() => undefined); // given up too late
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort(new SageError("CHANNEL_CLOSED", { operation: "join()" }));
    await Promise.all([...this.#seats].map((seat) => seat.leave()));
    await inTime(this.#process, this.#client.run(removeScript, [this.#pokeKey], []));
    this.#process.reader.close();
    await this.#client.close();
  }

  /** Asks for a name until it is there; nothing comes when that was given up before. */
  async #join(name: string, fence: boolean, giveUp: AbortSignal): Promise<RedisJobSeat | undefined> {
    const { seat, inbox, word, sent } = this.#process.keys(name);
    const nonce = randomBytes(9).toString("base64url");
    const silence = new Silence(this.#process.leaseMs, this.#clock);
    while (!giveUp.aborted) {
      const args = [nonce, fence ? 1 : 0, ...silence.dead];
      const life = this.#life;
      const answer = await this.#client.run(joinScript, [seat, inbox, word, sent], args);
      const [got, epoch, renewals, last] = (answer as unknown[]).map(String) as [
        string,
        string,
        string,
        string,
      ];
      if (got === "1") return this.#seat(name, [epoch, nonce]);
      if (silence.hears([epoch, renewals, life])) continue;
      const news = newsOf(this.#process, word, last);
      giveUp.addEventListener("abort", news.stop, { once: true });
      await news.heard;
      giveUp.removeEventListener("abort", news.stop);
    }
    return undefined;
  }

  #seat(name: string, identity: readonly [epoch: string, nonce: string]): RedisJobSeat {
    const seat = new RedisJobSeat(this.#process, name, identity);
    this.#seats.add(seat);
    seat.lost.addEventListener("abort", () => this.#seats.delete(seat), { once: true });
    return seat;
  }
}
