import { SageError } from "@sage-kernel/core";
import { changesOf, type JobShape } from "@sage-kernel/core/spi";
import { ownerKey } from "./queue-keys.ts";
import type { RedisProcess } from "./redis-process.ts";
import { beginScript, forgetScript, ownScript } from "./task-scripts.ts";

/** A store's hold on its job: of several stores of one job, the latest to begin has it. */
export class JobOwner {
  /** What the store is called at the server. */
  readonly name: string;
  /** Hash: which store has the job, and which have had it. */
  readonly key: string;
  readonly #process: RedisProcess;
  readonly #job: string;
  /** Whether it has the job, as often as the server may have lost that. */
  #owning: { readonly life: number; readonly done: Promise<unknown> } | undefined;

  constructor(process: RedisProcess, job: string) {
    this.#process = process;
    this.#job = job;
    this.name = process.nextName();
    this.key = ownerKey(process.prefix, job);
    process.stores.set(job, this.name);
  }

  /**
   * Begins the job, or goes on with it; answers whether an earlier process has begun it. `keysOf` are the keys of what one has
   * left that was about to end it.
   *
   * @throws SageError `JOB_CHANGED`.
   */
  async begin(shape: JobShape, keysOf: (before: JobShape) => Promise<readonly string[]>): Promise<boolean> {
    const { redis, life } = this.#process;
    const text = JSON.stringify(shape);
    const begin = (anyway: 0 | 1) => redis.run(beginScript, [this.key], [this.name, text, anyway]);
    const [known, ending] = (await begin(0)) as readonly (Buffer | null)[];
    if (known && (ending || String(known) !== text)) {
      const before = JSON.parse(String(known)) as JobShape;
      const problems = ending ? [] : changesOf(before, shape);
      if (problems.length > 0) throw new SageError("JOB_CHANGED", { job: this.#job, problems });
      if (ending) await this.#forget(await keysOf(before));
      await begin(1);
    }
    this.#owning = { life, done: Promise.resolve() };
    return Boolean(known) && !ending;
  }

  /** Has the job, also where the server has lost that it has. */
  own(): Promise<unknown> {
    const { redis, life } = this.#process;
    if (this.#owning?.life !== life)
      this.#owning = { life, done: redis.run(ownScript, [this.key], [this.name]) };
    const owning = this.#owning;
    owning.done.catch(() => {
      if (this.#owning === owning) this.#owning = undefined; // asked again next time
    });
    return owning.done;
  }

  async #forget(keys: readonly string[]): Promise<void> {
    const { redis } = this.#process;
    await redis.run(ownScript, [this.key], [this.name]);
    await redis.run(forgetScript, [this.key, ...keys], [this.name]);
  }
}
