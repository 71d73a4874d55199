import { SageError } from "@sage-kernel/core";
import type {
  Batch,
  Commit,
  CommitScope,
  DeadLetter,
  Queue,
  StateKey,
  StateStore,
  StateStoreFactory,
  TaskContents,
  TaskProgress,
  TaskRecord,
} from "@sage-kernel/core/spi";
import { readLetter } from "./dead-letter-codec.ts";
import { KeptTables } from "./kept-tables.ts";
import { readProgress, writeProgress } from "./progress-codec.ts";
import { ownerKey } from "./queue-keys.ts";
import { fieldsOf } from "./redis-client.ts";
import { RedisCommit } from "./redis-commit.ts";
import type { RedisProcess } from "./redis-process.ts";
import { RedisQueue } from "./redis-queue.ts";
import { roomAgain } from "./room-wait.ts";
import { TaskKeys } from "./task-keys.ts";
import {
  acquireScript,
  discardScript,
  ownScript,
  putBeforeScript,
  releaseScript,
  restoreScript,
} from "./task-scripts.ts";
import { type Waiting, WaitingOutputs } from "./waiting-outputs.ts";

/** Keeps in Redis what the tasks of one job have committed. */
export class RedisStateStore implements StateStore {
  readonly #process: RedisProcess;
  readonly #job: string;
  readonly #incarnations = new Map<string, RedisCommit>();
  readonly #outputs = new Map<string, WaitingOutputs>();
  /** What it is called at the server: of several stores of one job, the latest to begin is its owner. */
  readonly #name: string;
  readonly #owner: string;
  /** Whether an earlier process has begun the job. */
  #resumed = false;
  /** Whether anything was committed by this one. */
  #applied = false;
  readonly #onApplied = (): void => {
    this.#applied = true;
  };
  /** Puts so far. */
  #puts = 0;
  /** Settles when the last put has. */
  #lastPut: Promise<unknown> = Promise.resolve();
  /** Whether it owns the job, as often as the server may have lost that. */
  #owning: { readonly life: number; readonly done: Promise<unknown> } | undefined;

  constructor(process: RedisProcess, job: string) {
    this.#process = process;
    this.#job = job;
    this.#name = process.nextName();
    this.#owner = ownerKey(process.prefix, job);
    process.stores.set(job, this.#name);
  }

  async open(scope: CommitScope): Promise<Commit> {
    const { redis } = this.#process;
    const keys = this.#keys(scope.node);
    const nonce = this.#process.nextName();
    const before = this.#incarnations.get(scope.node);
    if (before !== undefined) before.replaced = true;
    const { life } = this.#process;
    await this.#process.renewed();
    await this.#own();
    const kept = fieldsOf(await redis.run(acquireScript, [keys.task, this.#owner], [nonce, this.#name]));
    if (kept.size === 0) throw new SageError("FENCED", { node: scope.node, epoch: before?.epoch ?? 0 });
    const epoch = Number(kept.get("e"));
    if (before === undefined && epoch > 1) this.#resumed = true;
    const record = readProgress(kept.get("p") ?? null);
    const tables = new KeptTables(Number(kept.get("o") ?? 0));
    await this.#readTables(keys, record, tables);
    scope.recollect?.(await this.#collected(keys));
    scope.deadLetters.restore?.(scope.node, await this.#letters(keys));
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
    const kept = await Promise.all(nodes.map((node) => this.#process.redis.hash(this.#keys(node).task)));
    return kept.every(
      (fields) => readProgress(fields.get("p") ?? null).finished && waitingIn(fields).length === 0,
    );
  }

  putBefore(
    tasks: readonly string[],
    queue: Queue,
    batch: Batch,
    letter: DeadLetter,
  ): Promise<number | undefined> {
    const put = this.#lastPut.then(() => this.#putBefore(tasks, queue, batch, letter));
    this.#lastPut = put.catch(() => undefined); // the next one keeps its place behind it, whatever becomes of it
    return put;
  }

  async #putBefore(
    tasks: readonly string[],
    queue: Queue,
    batch: Batch,
    letter: DeadLetter,
  ): Promise<number | undefined> {
    if (!(queue instanceof RedisQueue)) {
      await queue.put(batch); // of another driver
      await this.discard(letter);
      return batch.firstSeq;
    }
    const { redis, codec, reader } = this.#process;
    const { entries, meta, room } = queue.keys;
    const { letters } = this.#keys(letter.node);
    const keys = [entries, meta, room, this.#owner, letters, ...tasks.map((task) => this.#keys(task).task)];
    const number = ++this.#puts;
    const { capacity } = queue.descriptor;
    const { channel, payloads } = batch;
    const args = [this.#name, number, capacity, channel, letter.id, payloads.length, codec.encode(batch)];
    for (;;) {
      const [state, answer] = (await redis.run(putBeforeScript, keys, args)) as [number, number];
      if (state === 1) return answer;
      if (state === -2) return undefined;
      if (state === -1) throw new SageError("QUEUE_CLOSED", { queue: queue.descriptor.id });
      if (state === -3) throw new SageError("FENCED", { node: queue.descriptor.id, epoch: 0 });
      await roomAgain(reader, room, answer).heard;
    }
  }

  async discard({ node, id }: DeadLetter): Promise<void> {
    const keys = [this.#keys(node).letters, this.#owner];
    await this.#process.redis.run(discardScript, keys, [id, this.#name]);
  }

  async progress(node: string): Promise<TaskProgress | undefined> {
    const { task } = this.#keys(node);
    const [epoch, progress] = await this.#process.redis.fields(task, ["e", "p"]);
    return epoch === null || epoch === undefined ? undefined : readProgress(progress ?? null);
  }

  async contents(node: string): Promise<TaskContents> {
    const keys = this.#keys(node);
    const [progress] = await this.#process.redis.fields(keys.task, ["p"]);
    const record = readProgress(progress ?? null);
    await this.#readTables(keys, record, new KeptTables(0));
    return record.contents();
  }

  async restore(node: string, contents: TaskContents): Promise<void> {
    const keys = this.#keys(node);
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

  async release(): Promise<void> {
    if (this.#resumed && !this.#applied) return; // it never ran, and what an earlier process has done is not its own
    const { redis } = this.#process;
    const kept = await Promise.all([...this.#outputs.keys()].map((node) => this.#keysOf(node)));
    await redis.run(releaseScript, [this.#owner, ...kept.flat()], [this.#name]);
    this.#process.stores.delete(this.#job);
    await this.#process.remove(this.#job);
  }

  #own(): Promise<unknown> {
    const { redis, life } = this.#process;
    if (this.#owning?.life !== life)
      this.#owning = { life, done: redis.run(ownScript, [this.#owner], [this.#name]) };
    const owning = this.#owning;
    owning.done.catch(() => {
      if (this.#owning === owning) this.#owning = undefined; // asked again next time
    });
    return owning.done;
  }

  async #collected({ collected }: TaskKeys): Promise<unknown[]> {
    const { redis, codec } = this.#process;
    return (await redis.list(collected)).flatMap((part) => codec.decode(part, collected).payloads);
  }

  async #letters({ letters }: TaskKeys): Promise<DeadLetter[]> {
    const kept = [...(await this.#process.redis.hash(letters)).values()].map(readLetter);
    return kept.sort((a, b) => a.time - b.time);
  }

  /** All keys of a task. */
  async #keysOf(node: string): Promise<readonly string[]> {
    const { redis } = this.#process;
    const keys = this.#keys(node);
    const tables = await redis.members(keys.tables);
    const waiting = waitingIn(await redis.hash(keys.task));
    return [
      ...[keys.task, keys.tables, keys.collected, keys.letters],
      ...tables.map((name) => keys.table(name)),
      ...waiting.map(({ entries }) => keys.waiting(entries)),
    ];
  }

  #waiting(node: string, keys: TaskKeys): WaitingOutputs {
    const known = this.#outputs.get(node);
    if (known?.life === this.#process.life) return known;
    known?.giveUp();
    const next = new WaitingOutputs(this.#process, node, keys);
    this.#outputs.set(node, next);
    return next;
  }

  #keys(node: string): TaskKeys {
    return new TaskKeys(this.#process.prefix, this.#job, node);
  }

  async #readTables(keys: TaskKeys, record: TaskRecord, tables: KeptTables): Promise<void> {
    const { redis } = this.#process;
    const names = await redis.members(keys.tables);
    const read = await Promise.all(
      names.map(async (name) => [name, await redis.hash(keys.table(name))] as const),
    );
    const { position, finished, retired } = record;
    const cells = new Map(read.map(([name, fields]) => [name, tables.read(name, fields)]));
    record.restore({ position, finished: retired, tables: cells });
    record.finished = finished;
  }
}

/** Opens {@link RedisStateStore}s. */
export class RedisStateStores implements StateStoreFactory {
  readonly kind = "redis";
  readonly #process: RedisProcess;

  constructor(process: RedisProcess) {
    this.#process = process;
  }

  create(job: string): StateStore {
    return new RedisStateStore(this.#process, job);
  }
}

/** The queues in which outputs of a task wait. */
function waitingIn(kept: ReadonlyMap<string, string>): Waiting[] {
  const fields = [...kept].filter(([field]) => field.startsWith("w:"));
  return fields.map(([field, capacity]) => ({ entries: field.slice(2), capacity: Number(capacity) }));
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
