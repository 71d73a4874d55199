import { SageError } from "@sage-kernel/core";
import { changesOf, type JobShape } from "@sage-kernel/core/spi";
import { beginScript, endingScript, forgetScript, ownedScript, ownScript } from "./owner-scripts.ts";
import { ownerKey, reportKey } from "./queue-keys.ts";
import type { RedisProcess } from "./redis-process.ts";

/** How often somebody who takes part in a job looks whose it is before it believes that it is not its store's, and the time between, in ms. */
const mostLooks = 50;
const betweenLooksMs = 100;

/** A store's hold on its job: of several stores of one job, the latest to begin has it. */
export class JobOwner {
  /** What the store is called at the server. */
  readonly name: string;
  /** Hash: which store has the job, and which have had it. */
  readonly key: string;
  readonly #process: RedisProcess;
  readonly #job: string;
  /** Whether it acts for a store in another process. */
  readonly #joined: boolean;
  /** The shape that the job was begun in, as JSON; empty where it was not. */
  #shape = "";
  /** Whether it has the job, as often as the server may have lost that. */
  #owning: { readonly life: number; readonly done: Promise<unknown> } | undefined;

  /** `name` is that of the store in another process which this one acts for; only that one closes and removes what the job has. */
  constructor(process: RedisProcess, job: string, name?: string) {
    this.#process = process;
    this.#job = job;
    this.#joined = name !== undefined;
    this.name = name ?? process.nextName();
    this.key = ownerKey(process.prefix, job);
    if (name === undefined) process.stores.set(job, this.name);
  }

  /**
   * Begins the job, or goes on with it; answers whether an earlier process has begun it. `keysOf` are the keys of what one has
   * left that was about to end it.
   *
   * @throws SageError `JOB_CHANGED`.
   */
  async begin(shape: JobShape, keysOf: (before: JobShape) => Promise<readonly string[]>): Promise<boolean> {
    const { redis, life, prefix } = this.#process;
    const text = JSON.stringify(shape);
    const keys = [this.key, reportKey(prefix, this.#job)];
    for (let anyway = 0; ; ) {
      const answer = await redis.run(beginScript, keys, [this.name, text, anyway]);
      const [state, known] = answer as readonly [number, Buffer];
      if (state < 2) {
        this.#shape = text;
        this.#owning = { life, done: Promise.resolve() };
        return state === 1;
      }
      const before = JSON.parse(String(known)) as JobShape;
      if (state === 3) {
        await redis.run(forgetScript, [...keys, ...(await keysOf(before))], [this.name, text]);
        continue;
      }
      const problems = changesOf(before, shape);
      if (problems.length > 0) throw new SageError("JOB_CHANGED", { job: this.#job, problems });
      anyway = 1;
    }
  }

  /** Notes that the job is being ended. */
  async ending(): Promise<void> {
    await this.#process.redis.run(endingScript, [this.key], [this.name]);
  }

  /** Has the job, also where the server has lost that it has. */
  own(): Promise<unknown> {
    const { redis, life } = this.#process;
    if (this.#joined) return this.#owned();
    if (this.#owning?.life !== life)
      this.#owning = { life, done: redis.run(ownScript, [this.key], [this.name, this.#shape]) };
    const owning = this.#owning;
    owning.done.catch(() => {
      if (this.#owning === owning) this.#owning = undefined; // asked again next time
    });
    return owning.done;
  }

  /**
   * Looks whether the job is still that of the store for which this one acts. A server that has lost the end of its log may say
   * that it is nobody's, or an earlier store's, until its own has told it again.
   *
   * @throws SageError `STORE_ROLLED_BACK` where it is nobody's, `FENCED` where it is another store's, for some time.
   */
  async #owned(): Promise<void> {
    const { redis, waits } = this.#process;
    for (let looks = 0; ; looks++) {
      const owned = await redis.run(ownedScript, [this.key], [this.name]);
      if (owned === 1) return;
      if (looks === mostLooks) {
        if (owned === 0) throw new SageError("FENCED", { node: this.#job, epoch: 0 });
        throw new SageError("STORE_ROLLED_BACK", { store: "Redis" });
      }
      await new Promise<void>((resolve) => void waits.setTimer(betweenLooksMs, resolve));
    }
  }
}
