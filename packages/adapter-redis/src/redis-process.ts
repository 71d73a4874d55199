import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import type { Clock, Timer } from "@sage-kernel/core/spi";
import { ListReader } from "./list-reader.ts";
import type { OpenedQueue } from "./opened-queue.ts";
import { jobOf } from "./queue-keys.ts";
import type { RedisPort } from "./redis-port.ts";
import { RedisQueue } from "./redis-queue.ts";
import { removeScript } from "./scripts.ts";
import { StreamReader } from "./stream-reader.ts";

/** What queues and stores of one process share. */
export class RedisProcess {
  readonly redis: RedisPort;
  /** Begins all keys. */
  readonly prefix: string;
  /** Unlike that of any other process. */
  readonly name: string;
  readonly reader: StreamReader;
  readonly lists: ListReader;
  /** The clock of waits for the server. */
  readonly waits: Pick<Clock, "setTimer">;
  readonly codec = new BatchCodec();
  readonly calls: CallCodec;
  /** The stores of jobs that were opened here, by job: what they are called at the server. */
  readonly stores = new Map<string, string>();
  /** How long what belongs to this process stays at the server when it is gone, in ms. */
  readonly lifeMs = 3_600_000;
  /** How often the server may have lost something so far. */
  life = 0;
  #renewed: Promise<unknown> = Promise.resolve();
  readonly #pokeKeys: readonly [stream: string, list: string];
  readonly #lossListeners = new Set<() => void>();
  /** Queues that were opened here, by their job. */
  readonly #queues = new Map<string, Set<OpenedQueue>>();
  readonly #byKey = new Map<string, RedisQueue>();
  #names = 0;
  #timer: Timer | undefined;

  /** Deadlines of messages go by `clock`, what waits for the server by `waits`. */
  constructor(
    redis: RedisPort,
    prefix: string,
    name: string,
    clock: Pick<Clock, "monotonic">,
    waits: Pick<Clock, "setTimer">,
  ) {
    this.waits = waits;
    this.redis = redis;
    this.prefix = prefix;
    this.name = name;
    this.#pokeKeys = [`${prefix}poke:${name}`, `${prefix}poke:${name}:calls`];
    this.reader = new StreamReader(redis, this.#pokeKeys[0]);
    this.lists = new ListReader(redis, this.#pokeKeys[1]);
    this.calls = new CallCodec(clock, this.codec);
    redis.onLoss(() => this.#onLoss());
  }

  /** A name that nobody else has, here or elsewhere. */
  nextName(): string {
    return `${this.name}.${this.#names++}`;
  }

  /** Calls back each time that the server may have lost something. Answers how to stop listening. */
  onLoss(listener: () => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  /** Notes a queue that was opened here. */
  opened(queue: OpenedQueue): void {
    const job = jobOf(queue.descriptor.id);
    const queues = this.#queues.get(job) ?? new Set();
    this.#queues.set(job, queues.add(queue));
    if (queue.keepAlive !== undefined) this.#timer ??= this.#keepAlive();
    if (queue instanceof RedisQueue) this.#byKey.set(queue.key, queue);
  }

  /** The queue with this stream of entries, if it was opened here. */
  queue(entries: string): RedisQueue | undefined {
    return this.#byKey.get(entries);
  }

  /** Removes the queues of a job that were closed here. */
  async remove(job: string): Promise<void> {
    await this.#remove([...(this.#queues.get(jobOf(job)) ?? [])]);
  }

  async #remove(queues: readonly OpenedQueue[]): Promise<void> {
    const closed = queues.filter((queue) => queue.closed);
    const removals = closed.map(({ keys }) => {
      return this.redis.run(removeScript, [keys.entries, keys.meta, keys.room], []);
    });
    await Promise.all(removals);
    for (const queue of closed) queue.leave();
  }

  /** Has nothing to do with a queue any more, which stays as it is. */
  left(queue: OpenedQueue): void {
    const job = jobOf(queue.descriptor.id);
    const queues = this.#queues.get(job);
    queues?.delete(queue);
    if (queues?.size === 0) this.#queues.delete(job);
    const { entries } = queue.keys;
    if (this.#byKey.get(entries) === queue) this.#byKey.delete(entries);
  }

  /** The same for all queues of a job. */
  forget(job: string): void {
    for (const queue of [...(this.#queues.get(jobOf(job)) ?? [])]) queue.leave();
  }

  /** Settles when everything that was answered so far is as safe as it is to be; `undefined` when it is already. */
  durable(): Promise<void> | undefined {
    return this.redis.durable();
  }

  /** Settles when the queues that were open when the server was lost are open again. */
  async renewed(): Promise<void> {
    try {
      await this.#renewed;
    } catch {
      await this.#renew();
    }
  }

  #renew(): Promise<unknown> {
    const open = [...this.#queues.values()].flatMap((queues) =>
      [...queues].filter(({ closing }) => !closing),
    );
    this.#renewed = Promise.all(open.map((queue) => queue.open(true)));
    this.#renewed.catch(() => undefined); // who begins again hears of it
    return this.#renewed;
  }

  /** Tells the server from time to time that this process is there. */
  #keepAlive(): Timer {
    return this.waits.setTimer(this.lifeMs / 4, () => {
      for (const queues of this.#queues.values())
        for (const queue of queues) if (!queue.closing) queue.keepAlive?.().catch(() => undefined); // the next time
      this.#timer = this.#keepAlive();
    });
  }

  #onLoss(): void {
    this.life++;
    void this.#renew();
    this.reader.hintAll();
    for (const listener of [...this.#lossListeners]) listener();
    for (const queue of this.#all()) queue.lost?.();
  }

  #all(): OpenedQueue[] {
    return [...this.#queues.values()].flatMap((queues) => [...queues]);
  }

  /** Reads no more, and removes all queues that were closed here. */
  async close(): Promise<void> {
    this.#timer?.clear();
    const all = this.#all();
    for (const queue of all) queue.leave();
    this.reader.close();
    this.lists.close();
    await this.#remove(all);
    await this.redis.run(removeScript, [...this.#pokeKeys, `${this.prefix}mark:${this.name}`], []);
  }
}
