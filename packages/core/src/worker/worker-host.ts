import * as z from "zod";
import type { Runtime } from "../api/runtime.ts";
import {
  type ChannelMessage,
  type JobChannel,
  type JobSeat,
  managerSeat,
  seatNamePattern,
} from "../control/job-channel.port.ts";
import type { AnyJobModule } from "../control/job-registry.ts";
import type { JsonValue } from "../errors/json.ts";
import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import type { Timer } from "../host/clock.port.ts";
import { parseOptions } from "../host/parse-options.ts";
import { HostedJobs } from "./hosted-jobs.ts";
import { WorkerDesk } from "./worker-desk.ts";
import { readAsk, type WorkerBeat, workerVersion } from "./worker-message.ts";

const limitsSchema = z.object({
  name: z.string().regex(seatNamePattern, "expected 1 to 128 letters, digits and ._-").refine(isNotManager),
  slots: z.int().min(1, "expected 1 or more").default(64),
  labels: z.array(z.string()).max(100).default([]),
  beatMs: z.int().min(10, "expected 10 or more, in ms").default(1000),
});

/** How a worker takes part. */
export interface WorkerHostOptions {
  /** Where it meets its manager. */
  readonly channel: JobChannel;
  /** What runs its tasks; with the same adapters as its manager's, and closed by whoever made it. */
  readonly runtime: Runtime;
  /** The jobs that it takes work of: what is not among them does not exist. */
  readonly jobs: readonly AnyJobModule[];
  /** Its name in the channel, which no other worker has at the same time. */
  readonly name: string;
  /** Tasks and instances of services that it takes at once. Default 64. */
  readonly slots?: number | undefined;
  /** What steps and services ask for that want to be placed here: see `placement`. Default none. */
  readonly labels?: readonly string[] | undefined;
  /** How often it says that it is there, in ms; well below its manager's lease. Default 1,000. */
  readonly beatMs?: number | undefined;
}

/** The same, complete and checked. */
interface HostSettings extends Pick<WorkerHostOptions, "channel" | "runtime"> {
  readonly name: string;
  readonly slots: number;
  readonly labels: readonly string[];
  readonly beatMs: number;
}

const takenAtOnce = 64;
/** How long what is given up may take to end when a worker is closed, in ms. */
const closeTimeoutMs = 5000;
/** Beats without a manager of which each is sent, for one that is there; later on one of so many is, for the next one. */
const loudBeats = 5;
const quietBeats = 3;

/**
 * A worker: runs tasks and instances of services for the manager in its channel. It says what it has from time to time, and
 * goes on while there is no manager. Where its name is taken by another process, it gives up what it has, and waits.
 */
export class WorkerHost {
  /** Resolves when it is closed; rejects when it cannot go on. */
  readonly ended: Promise<void>;
  readonly #options: HostSettings;
  readonly #jobs: HostedJobs;
  readonly #closing = new AbortController();
  #seat: JobSeat;
  #desk: WorkerDesk;
  /** Epoch of the manager that has asked last. */
  #manager: number | undefined;
  #leaving = false;
  #onDropped: () => void = () => undefined;
  #timer: Timer | undefined;
  #beating = false;
  #quiet = 0;

  private constructor(options: HostSettings, jobs: HostedJobs, seat: JobSeat) {
    this.#options = options;
    this.#jobs = jobs;
    this.#seat = seat;
    this.#desk = this.#newDesk();
    this.ended = this.#serve();
    this.ended.catch(() => undefined);
    this.#tick();
  }

  /**
   * Takes its name in the channel, and is there for work.
   *
   * @throws SageError `INVALID_OPTION`; `CHANNEL_CLOSED`.
   */
  static async open(options: WorkerHostOptions): Promise<WorkerHost> {
    const { channel, runtime, jobs: modules, ...given } = options;
    const limits = parseOptions(limitsSchema, given);
    const jobs = new HostedJobs(runtime, modules, limits.name);
    const seat = await channel.join(limits.name);
    return new WorkerHost({ channel, runtime, ...limits }, jobs, seat);
  }

  /** Its name. */
  get name(): string {
    return this.#options.name;
  }

  /** How many tasks and instances of services it has. */
  get load(): number {
    return this.#desk.size;
  }

  /**
   * Takes nothing more and lets what it has be placed elsewhere, each behind the commit that is in flight; what is left when
   * the time is over is given up. Then it is closed.
   */
  async leave({ timeoutMs = 25_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    const { clock } = this.#options.runtime.host;
    this.#leaving = true;
    const empty = new Promise<void>((resolve) => {
      this.#onDropped = () => {
        if (this.#desk.size === 0) resolve();
      };
      this.#onDropped();
    });
    this.#beat();
    const over = new AbortController();
    await Promise.race([empty, clock.sleep(timeoutMs, over.signal).catch(() => undefined)]);
    over.abort();
    await this.close();
  }

  /** Gives up what it has, and its name. */
  async close(): Promise<void> {
    this.#closing.abort(new SageError("CANCELLED", { what: `Worker "${this.name}"` }));
    this.#timer?.clear();
    await this.ended.catch(() => undefined);
    const { clock } = this.#options.runtime.host;
    const over = new AbortController();
    const givenUp = this.#desk.giveUp(
      new SageError("WORKER_LOST", { worker: this.name, why: "it was closed" }),
    );
    await Promise.race([givenUp, clock.sleep(closeTimeoutMs, over.signal).catch(() => undefined)]);
    over.abort();
    await this.#seat.leave();
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(): Promise<void> {
    const { logger } = this.#options.runtime.host;
    this.#beat();
    while (!this.#closing.signal.aborted) {
      try {
        const messages = await this.#seat.take(takenAtOnce, this.#closing.signal);
        for (const message of messages) this.#on(message);
        await this.#seat.settle(messages);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (!hasCode(error, "SEAT_LOST")) throw error;
        logger.error(() => `Worker "${this.name}" gives up what it has: ${reasonOf(error)}`, { error });
        await this.#startOver(error as SageError);
      }
    }
  }

  /** Its name was taken from it, or lost: waits until it is free. */
  async #startOver(lost: SageError): Promise<void> {
    void this.#desk.giveUp(lost);
    this.#desk = this.#newDesk();
    this.#manager = undefined;
    const { channel, name } = this.#options;
    try {
      this.#seat = await channel.join(name, { takeover: "wait", signal: this.#closing.signal });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      throw error;
    }
    this.#beat();
  }

  #newDesk(): WorkerDesk {
    return new WorkerDesk({
      host: this.#options.runtime.host,
      jobs: this.#jobs,
      tell: (news) => {
        if (this.#manager !== undefined) void this.#send(news as unknown as JsonValue); // else the next beat tells
      },
      onDropped: () => this.#onDropped(),
    });
  }

  #on({ from, body }: ChannelMessage): void {
    const { logger } = this.#options.runtime.host;
    try {
      if (from.name !== managerSeat || from.epoch < (this.#manager ?? 0)) return;
      const ask = readAsk(body);
      if (from.epoch !== this.#manager) {
        this.#manager = from.epoch;
        this.#desk.startOver();
        this.#beat();
      }
      this.#desk.onAsk(ask, (answer) => void this.#send(answer as unknown as JsonValue, from.epoch));
    } catch (error) {
      logger.warn(() => `A message of the manager was discarded: ${reasonOf(error)}`, { error });
    }
  }

  #tick(): void {
    this.#timer = this.#options.runtime.host.clock.setTimer(this.#options.beatMs, () => {
      this.#beat();
      this.#tick();
    });
  }

  /** Says what it has: to the manager that is known, or now and then to whoever comes next. */
  #beat(): void {
    if (this.#beating || this.#closing.signal.aborted) return;
    if (this.#manager === undefined && this.#quiet++ >= loudBeats && this.#quiet % quietBeats !== 0) return;
    const { slots, labels } = this.#options;
    const facts = { slots, labels, jobs: this.#jobs.digests, leaving: this.#leaving };
    const beat: WorkerBeat = { v: workerVersion, kind: "beat", ...facts, runs: this.#desk.states() };
    this.#beating = true;
    void this.#send(beat as unknown as JsonValue).finally(() => {
      this.#beating = false;
    });
  }

  async #send(body: JsonValue, manager = this.#manager): Promise<void> {
    try {
      const to = { name: managerSeat, ...(manager === undefined ? {} : { epoch: manager }) };
      if (await this.#seat.send(to, body)) return;
    } catch {
      return; // the loop hears of a seat that is lost; all else is said again
    }
    if (this.#manager !== manager) return;
    this.#manager = undefined;
    this.#quiet = 0;
    this.#beating = false;
    this.#beat();
  }
}

/** Whether a name is a worker's to take. */
function isNotManager(name: string): boolean {
  return name !== managerSeat;
}
