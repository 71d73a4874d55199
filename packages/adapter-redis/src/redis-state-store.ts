import { readProgress, writeProgress } from "@sage-kernel/codec";
import { SageError } from "@sage-kernel/core";
import type {
  Batch,
  Commit,
  CommitScope,
  DeadLetter,
  JobShape,
  Queue,
  ReportShelf,
  StateKey,
  StateStore,
  StateStoreFactory,
  TaskContents,
  TaskProgress,
} from "@sage-kernel/core/spi";
import { JobOwner } from "./job-owner.ts";
import { KeptTables } from "./kept-tables.ts";
import { KeptTasks, waitingIn } from "./kept-tasks.ts";
import { releaseScript } from "./owner-scripts.ts";
import { queueKeys } from "./queue-keys.ts";
import { fieldsOf } from "./redis-client.ts";
import { RedisCommit } from "./redis-commit.ts";
import type { RedisProcess } from "./redis-process.ts";
import { RedisReports } from "./redis-reports.ts";
import { Redrives } from "./redrives.ts";
import type { TaskKeys } from "./task-keys.ts";
import { acquireScript, restoreScript } from "./task-scripts.ts";
import { WaitingOutputs } from "./waiting-outputs.ts";

/** Keeps in Redis what the tasks of one job have committed. */
export class RedisStateStore implements StateStore {
  readonly #process: RedisProcess;
  readonly #job: string;
  readonly #kept: KeptTasks;
  readonly #incarnations = new Map<string, RedisCommit>();
  readonly #outputs = new Map<string, WaitingOutputs>();
  readonly #owner: JobOwner;
  readonly #redrives: Redrives;
  /** Ids of its tasks, as far as it was begun. */
  #tasks: readonly string[] = [];
  #stopOwning: () => void = () => undefined;
  /** Whether an earlier process has begun the job. */
  #resumed = false;
  /** Whether anything was committed by this one. */
  #applied = false;
  readonly #onApplied = (): void => {
    this.#applied = true;
  };

  /** `pass` is that of the store in another process for which it opens tasks. */
  constructor(process: RedisProcess, job: string, pass?: string) {
    this.#process = process;
    this.#job = job;
    this.#owner = new JobOwner(process, job, pass);
    this.#kept = new KeptTasks(process, job);
    const keys = (node: string): TaskKeys => this.#kept.keys(node);
    this.#redrives = new Redrives({ process, owner: this.#owner, keys });
  }

  get pass(): string {
    return this.#owner.name;
  }

  async begin(shape: JobShape): Promise<void> {
    this.#tasks = shape.tasks;
    this.#stopOwning = this.#process.onLoss(() => this.#owner.own().catch(() => undefined)); // who takes part looks for that
    this.#resumed = await this.#owner.begin(shape, async ({ tasks, queues }) => {
      const kept = await Promise.all(tasks.map((node) => this.#kept.keysOf(node)));
      return [...kept.flat(), ...Object.keys(queues).flatMap((id) => this.#queueKeys(id))];
    });
  }

  async open(scope: CommitScope): Promise<Commit> {
    const { redis } = this.#process;
    const keys = this.#kept.keys(scope.node);
    const nonce = this.#process.nextName();
    const before = this.#incarnations.get(scope.node);
    if (before !== undefined) before.replaced = true;
    const { life } = this.#process;
    await this.#process.renewed();
    await this.#owner.own();
    const kept = fieldsOf(
      await redis.run(acquireScript, [keys.task, this.#owner.key], [nonce, this.#owner.name]),
    );
    if (kept.size === 0) throw new SageError("FENCED", { node: scope.node, epoch: before?.epoch ?? 0 });
    const epoch = Number(kept.get("e"));
    if (before === undefined && epoch > 1) this.#resumed = true;
    const record = readProgress(kept.get("p") ?? null);
    const tables = new KeptTables(Number(kept.get("o") ?? 0));
    await this.#kept.readTables(keys, record, tables);
    scope.recollect?.(await this.#kept.collected(scope.node));
    scope.deadLetters.restore?.(scope.node, await this.#kept.letters(scope.node));
    await this.#process.durable(); // what it goes on from may leave the system
    const waiting = this.#waiting(scope.node, keys);
    waiting.takeOver({ epoch, nonce });
    waiting.begin(waitingIn(kept));
    record.delivered = joined(before?.progress.delivered, waiting.delivered);
    const commit = new RedisCommit({
      process: this.#process,
      scope,
      keys,
      epoch,
      nonce,
      record,
      tables,
      waiting,
      life,
      onApplied: this.#onApplied,
    });
    this.#incarnations.set(scope.node, commit);
    return commit;
  }

  onLoss(listener: (error: SageError) => void): () => void {
    return this.#process.onLoss(() => listener(new SageError("STORE_ROLLED_BACK", { store: "Redis" })));
  }

  async confirm(nodes: readonly string[]): Promise<boolean> {
    await this.#process.durable();
    const kept = await Promise.all(nodes.map((node) => this.#process.redis.hash(this.#kept.keys(node).task)));
    const confirmed = kept.every(
      (fields) => readProgress(fields.get("p") ?? null).finished && waitingIn(fields).length === 0,
    );
    if (confirmed) this.#applied = true; // it is at its end here, whoever has done it
    return confirmed;
  }

  putBefore(
    tasks: readonly string[],
    queue: Queue,
    batch: Batch,
    letter: DeadLetter,
  ): Promise<number | undefined> {
    return this.#redrives.put(tasks, queue, batch, letter);
  }

  discard(letter: DeadLetter): Promise<void> {
    return this.#redrives.discard(letter);
  }

  async progress(node: string): Promise<TaskProgress | undefined> {
    const { task } = this.#kept.keys(node);
    const [epoch, progress] = await this.#process.redis.fields(task, ["e", "p"]);
    return epoch === null || epoch === undefined ? undefined : readProgress(progress ?? null);
  }

  async contents(node: string): Promise<TaskContents> {
    const keys = this.#kept.keys(node);
    const [progress] = await this.#process.redis.fields(keys.task, ["p"]);
    const record = readProgress(progress ?? null);
    await this.#kept.readTables(keys, record, new KeptTables(0));
    return record.contents();
  }

  async restore(node: string, contents: TaskContents): Promise<void> {
    const keys = this.#kept.keys(node);
    const record = readProgress(null);
    record.restore({ ...contents, tables: new Map() });
    const tables = new KeptTables(0);
    const changes = [...contents.tables].map(([table, cells]) => ({
      table,
      cleared: true,
      cells: new Map<StateKey, unknown>(cells),
    }));
    const written = changes.map((change) => {
      const { args, applied } = tables.write([change]);
      applied();
      return args.filter((_, i) => i !== 1).slice(0, -1); // neither whether it is cleared nor what is deleted
    });
    const names = changes.map(({ table }) => keys.table(table));
    const args = [writeProgress(record), tables.next, changes.length, ...written.flat()];
    const restored = await this.#process.redis.run(restoreScript, [keys.task, keys.tables, ...names], args);
    if (restored === 0)
      throw new SageError("ILLEGAL_STATE", { what: `Task "${node}"`, from: "opened", to: "restored" });
  }

  async ending(): Promise<void> {
    if (this.#ends) await this.#owner.ending();
  }

  async release(): Promise<void> {
    this.#stopOwning();
    if (!this.#ends) return;
    const { redis } = this.#process;
    const nodes = new Set([...this.#tasks, ...this.#outputs.keys()]);
    const kept = await Promise.all([...nodes].map((node) => this.#kept.keysOf(node)));
    await redis.run(releaseScript, [this.#owner.key, ...kept.flat()], [this.#owner.name]);
    this.#process.stores.delete(this.#job);
    await this.#process.remove(this.#job);
  }

  collected(node: string): Promise<readonly unknown[]> {
    return this.#kept.collected(node);
  }

  letters(node: string): Promise<readonly DeadLetter[]> {
    return this.#kept.letters(node);
  }

  get resumed(): boolean {
    return this.#resumed;
  }

  started(): void {
    this.#applied = true;
  }

  leave(): void {
    this.#stopOwning();
    if (this.#process.stores.get(this.#job) !== this.#owner.name) return; // its queues are left by who has opened them
    this.#process.stores.delete(this.#job);
    for (const waiting of this.#outputs.values()) waiting.giveUp();
    this.#process.forget(this.#job);
  }

  /** Whether the job ends with this process: one that never ran here goes on elsewhere with what an earlier process has done. */
  get #ends(): boolean {
    return !this.#resumed || this.#applied;
  }

  #queueKeys(id: string): readonly string[] {
    const { entries, meta, room } = queueKeys(this.#process.prefix, id);
    return [entries, meta, room];
  }

  #waiting(node: string, keys: TaskKeys): WaitingOutputs {
    const known = this.#outputs.get(node);
    if (known?.life === this.#process.life) return known;
    known?.giveUp();
    const next = new WaitingOutputs(this.#process, node, keys);
    this.#outputs.set(node, next);
    return next;
  }
}

/** Opens {@link RedisStateStore}s. */
export class RedisStateStores implements StateStoreFactory {
  readonly kind = "redis";
  readonly queues = "redis";
  readonly reports: ReportShelf;
  readonly #process: RedisProcess;

  /** Reports are kept for so many ms. */
  constructor(process: RedisProcess, reportsKeptMs = 0) {
    this.#process = process;
    this.reports = new RedisReports(process, reportsKeptMs);
  }

  create(job: string): StateStore {
    return new RedisStateStore(this.#process, job);
  }

  join(job: string, pass: string): StateStore {
    return new RedisStateStore(this.#process, job, pass);
  }
}

/** Both of two waits; an earlier one that fails was for somebody else. */
function joined(
  earlier: PromiseLike<void> | undefined,
  moved: Promise<void> | undefined,
): PromiseLike<void> | undefined {
  if (earlier === undefined) return moved;
  const both = Promise.allSettled([earlier]).then(() => moved);
  both.catch(() => undefined); // whoever waits for it hears of it
  return both;
}
