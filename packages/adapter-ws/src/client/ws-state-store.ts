import { readLetter, type UnitCodec, writeLetter, writeProgress } from "@sage-kernel/codec";
import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  type Batch,
  type Commit,
  type CommitScope,
  type DeadLetter,
  decodeKey,
  type JobShape,
  type Queue,
  type ReportShelf,
  type StateKey,
  type StateStore,
  type StateStoreFactory,
  type TaskContents,
  type TaskProgress,
  TaskRecord,
} from "@sage-kernel/core/spi";
import type { StoreCodecs } from "../hub/store-codecs.ts";
import { tablesInPieces } from "../hub/store-events.ts";
import { wsQueues } from "../wire/ws-queues.ts";
import type { RequestPort } from "./request-port.ts";
import { isWithoutHub } from "./without-hub.ts";
import { hubQueueId, WsCommit } from "./ws-commit.ts";
import type { WsProcess } from "./ws-process.ts";

/** What stores at a hub work with. */
export interface WsStoresScope extends StoreCodecs {
  readonly port: RequestPort;
  readonly units: UnitCodec;
  /** A name that nobody guesses. */
  readonly secret: () => string;
  readonly process: WsProcess;
}

/** A part of what is told of a task. */
interface StoreEvent {
  readonly table?: string;
  readonly cells?: readonly (readonly [key: string, cell: string])[];
  readonly collected?: string;
  readonly letters?: readonly string[];
}

/** What is told of a task in parts. */
interface Told {
  readonly tables: Map<string, [StateKey, unknown][]>;
  readonly collected: unknown[];
  readonly letters: DeadLetter[];
}

/** Keeps at a hub what the tasks of one job have committed. */
export class WsStateStore implements StateStore {
  readonly pass: string;
  readonly #scope: WsStoresScope;
  readonly #job: string;
  readonly #incarnations = new Map<string, WsCommit>();
  #begun: Promise<unknown> | undefined;
  #resumed = false;
  #applied = false;
  readonly #onApplied = (): void => {
    this.#applied = true;
  };

  constructor(scope: WsStoresScope, job: string, pass: string) {
    this.#scope = scope;
    this.#job = job;
    this.pass = pass;
  }

  get resumed(): boolean {
    return this.#resumed;
  }

  async begin(shape: JobShape): Promise<void> {
    this.#begun = this.#ask("begin", { shape });
    this.#resumed = (await this.#begun) as boolean;
  }

  async open(scope: CommitScope): Promise<Commit> {
    const { node } = scope;
    await this.#ensureBegun();
    const before = this.#incarnations.get(node);
    if (before !== undefined) before.replaced = true;
    const { tables, collected, letters, answer } = await this.#told("open", {
      node,
    });
    const { epoch, progress } = answer as { readonly epoch: number; readonly progress: string };
    if (before === undefined && epoch > 1) this.#resumed = true;
    scope.recollect?.(collected);
    scope.deadLetters.restore?.(node, letters);
    const record = this.#record(progress, tables);
    record.delivered = settledOf(before?.progress.delivered);
    const { port, units, writeHead, process } = this.#scope;
    const addressed = (unit: Uint8Array): Uint8Array => writeHead(this.#job, node, unit);
    const commit = new WsCommit({
      port,
      process,
      scope,
      epoch,
      record,
      units,
      addressed,
      onApplied: this.#onApplied,
    });
    this.#incarnations.set(node, commit);
    return commit;
  }

  async progress(node: string): Promise<TaskProgress | undefined> {
    const text = await this.#ask("progress", { node });
    return text === null ? undefined : this.#scope.readProgress(text as string);
  }

  async contents(node: string): Promise<TaskContents> {
    const { answer, tables } = await this.#told("contents", { node });
    return answer === null ? new TaskRecord().contents() : this.#record(answer as string, tables).contents();
  }

  async restore(node: string, contents: TaskContents): Promise<void> {
    await this.#ensureBegun();
    const record = new TaskRecord();
    record.restore({ ...contents, tables: new Map() });
    const progress = writeProgress(record);
    let before = 0;
    let tables: object[] = [];
    for (const piece of tablesInPieces(contents.tables)) {
      if (tables.length > 0) await this.#ask("restoring", { node, before: before++, tables });
      tables = piece;
    }
    await this.#ask("restore", { node, progress, tables, ...(before > 0 && { before }) });
  }

  async putBefore(
    tasks: readonly string[],
    queue: Queue,
    batch: Batch,
    letter: DeadLetter,
  ): Promise<number | undefined> {
    const id = hubQueueId(queue);
    if (id === undefined) {
      await queue.put(batch); // of another driver
      await this.discard(letter);
      return batch.firstSeq;
    }
    const args = { tasks, queue: id, batch: this.#scope.writeBatch(batch), letter: writeLetter(letter) };
    return ((await this.#ask("putBefore", args)) as number | null) ?? undefined;
  }

  async discard(letter: DeadLetter): Promise<void> {
    await this.#ask("discard", { letter: writeLetter(letter) });
  }

  onLoss(listener: (error: SageError) => void): () => void {
    return this.#scope.port.onLost(() => listener(new SageError("STORE_ROLLED_BACK", { store: "The hub" })));
  }

  async ending(): Promise<void> {
    if (this.#ends) await this.#ask("ending", {});
  }

  async release(): Promise<void> {
    if (this.#ends) await this.#ask("release", {});
    this.leave();
  }

  async collected(node: string): Promise<readonly unknown[]> {
    return (await this.#told("collected", { node })).collected;
  }

  async letters(node: string): Promise<readonly DeadLetter[]> {
    return (await this.#told("letters", { node })).letters;
  }

  started(): void {
    this.#applied = true;
  }

  leave(): void {
    const { passes } = this.#scope.process;
    if (passes.get(this.#job) === this.pass) passes.delete(this.#job);
  }

  /** Whether the job ends with this process: one that never ran here goes on elsewhere with what an earlier process has done. */
  get #ends(): boolean {
    return !this.#resumed || this.#applied;
  }

  /** A store that is used by itself, as in a test of its own, has a job without a shape. */
  async #ensureBegun(): Promise<void> {
    if (this.#scope.process.passes.get(this.#job) !== this.pass) return; // another one has begun it
    this.#begun ??= this.#ask("begin", { shape: emptyShape(this.#job) });
    await this.#begun;
  }

  #record(progress: string, tables: Told["tables"]): TaskRecord {
    const record = this.#scope.readProgress(progress);
    const { position, finished, retired } = record;
    record.restore({ position, finished: retired, tables });
    record.finished = finished;
    return record;
  }

  /** Asks for something that is told in parts. */
  async #told(operation: string, args: object): Promise<Told & { readonly answer: JsonValue }> {
    const told: Told = { tables: new Map(), collected: [], letters: [] };
    const { readBatch, readCell } = this.#scope;
    const onEvent = (event: JsonValue): void => {
      const { table, cells = [], collected, letters } = event as unknown as StoreEvent;
      if (table !== undefined) {
        const read = cells.map(([key, cell]): [StateKey, unknown] => [
          decodeKey(JSON.parse(key) as JsonValue),
          readCell(cell),
        ]);
        const there = told.tables.get(table);
        if (there === undefined) told.tables.set(table, read);
        else for (const cell of read) there.push(cell);
      }
      if (collected !== undefined) told.collected.push(...readBatch(collected).payloads);
      if (letters !== undefined) told.letters.push(...letters.map(readLetter));
    };
    return { ...told, answer: await this.#ask(operation, args, onEvent) };
  }

  async #ask(operation: string, args: object, onEvent?: (event: JsonValue) => void): Promise<JsonValue> {
    const { port } = this.#scope;
    try {
      const all = { job: this.#job, pass: this.pass, ...args };
      return await port.request(`store.${operation}`, all, { onEvent });
    } catch (error) {
      if (!isWithoutHub(error)) throw error;
      const facts = { store: "The hub", problem: error.message, waitedMs: 0 };
      throw new SageError("STORE_UNAVAILABLE", facts, { cause: error });
    }
  }
}

/** Opens {@link WsStateStore}s. */
export class WsStateStores implements StateStoreFactory {
  readonly kind = "ws";
  readonly queues = wsQueues.kind;
  readonly reports: ReportShelf;
  readonly #scope: WsStoresScope;

  constructor(scope: WsStoresScope) {
    this.#scope = scope;
    const { port } = scope;
    this.reports = {
      put: async (job, report) => void (await port.request("store.report", { job, report })),
      get: async (job) => {
        const [report] = (await port.request("store.reportOf", { job })) as [JsonValue];
        return report ?? undefined;
      },
      remove: async (job) => void (await port.request("store.forgetReport", { job })),
    };
  }

  create(job: string): StateStore {
    const pass = this.#scope.secret();
    this.#scope.process.passes.set(job, pass);
    return new WsStateStore(this.#scope, job, pass);
  }

  join(job: string, pass: string): StateStore {
    return new WsStateStore(this.#scope, job, pass);
  }
}

function emptyShape(job: string): JobShape {
  return { version: 1, pipeline: job, steps: {}, tasks: [], edges: [], queues: {}, kinds: {} };
}

/** A wait of an earlier incarnation; one that fails was for somebody else. */
function settledOf(earlier: PromiseLike<void> | undefined): PromiseLike<void> | undefined {
  return earlier === undefined ? undefined : Promise.allSettled([earlier]).then(() => undefined);
}
