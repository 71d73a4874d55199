import { writeLetter, writeProgress } from "@sage-kernel/codec";
import { hasCode, type JsonValue, SageError } from "@sage-kernel/core";
import {
  Batch,
  type Commit,
  type CommitOutcome,
  type CommitScope,
  FeedbackQueue,
  isPromiseLike,
  type Moved,
  moveOn,
  type Queue,
  roomForLetters,
  type StateReader,
  type TaskProgress,
  type TaskRecord,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import type { KeptTables } from "./kept-tables.ts";
import { isQueuePosition, queuePositions } from "./queue-position.ts";
import type { ScriptArgument, ScriptReply } from "./redis-port.ts";
import type { RedisProcess } from "./redis-process.ts";
import { RedisQueue } from "./redis-queue.ts";
import type { TaskKeys } from "./task-keys.ts";
import { commitScript } from "./task-scripts.ts";
import type { WaitingOutputs } from "./waiting-outputs.ts";

/** What an incarnation works with. */
export interface RedisCommitScope {
  readonly process: RedisProcess;
  readonly scope: CommitScope;
  readonly keys: TaskKeys;
  readonly epoch: number;
  readonly nonce: string;
  /** What is committed, as this incarnation knows it. */
  readonly record: TaskRecord;
  readonly tables: KeptTables;
  /** How often the server had lost something when it was begun. */
  readonly life: number;
  /** Called when a unit was applied. */
  readonly onApplied: () => void;
  /** Moves on what finds no room. */
  readonly waiting: WaitingOutputs;
}

/** Records of one entry at most. */
const longestEntry = 1024;

/** How a queue stands behind a commit: entries that wait for room there, times that there was room, records appended and committed in all. */
type OutputState = readonly [left: number, times: number, appended: number, done: number];

/** Outputs by the queue that they go to. */
type Grouped = Map<RedisQueue, Batch[]>;

/** One incarnation's hold on a task in Redis: each unit is one script, and the mirror of it here. */
export class RedisCommit implements Commit {
  readonly epoch: number;
  readonly restored: TaskProgress;
  /** Whether a later incarnation was opened in this process. */
  replaced = false;
  readonly #scope: RedisCommitScope;
  readonly #record: TaskRecord;
  /** Settles when the last unit is as safe as it is to be. */
  #durable: Promise<void> | undefined;
  /** Unit whose dead letters were accepted already. */
  #lettersOf: UnitOfWork | undefined;

  constructor(scope: RedisCommitScope) {
    this.#scope = scope;
    this.#record = scope.record;
    this.epoch = scope.epoch;
    this.restored = scope.record.copy();
  }

  get state(): StateReader {
    return this.#record;
  }

  get progress(): TaskProgress {
    return this.#record;
  }

  async commit(unit: UnitOfWork): Promise<CommitOutcome> {
    const record = this.#record;
    if (this.replaced || unit.epoch !== this.epoch) return this.#fenced();
    if (unit.sequence !== record.sequence + 1) return this.#recheck(unit);
    const request = this.#request(unit);
    if (unit.deadLetters.length > 0 && this.#lettersOf !== unit) {
      const { deadLetters } = this.#scope.scope;
      const room = deadLetters.write(unit.deadLetters);
      if (isPromiseLike(room)) return { code: "backpressure", room, waitsFor: roomForLetters(deadLetters) };
      this.#lettersOf = unit;
    }
    const reply = await this.#run(request.keys, request.args);
    const [code, left = []] = reply as [number, OutputState[]?];
    if (code === -2) return this.#fenced();
    if (code === -3) return { code: "mismatch" };
    if (code === -4) return { code: "inputVanished" };
    if (code === -5) throw new SageError("STORE_TORN", { store: "Redis", what: this.#scope.scope.node });
    if (record.knows(unit)) return this.#outcome("alreadyApplied"); // it was asked for twice at once
    const { collect, recollect } = this.#scope.scope;
    const found = this.replaced && recollect !== undefined; // by the later incarnation, in the store
    if (unit.collected.length > 0 && !found) collect?.(unit.collected);
    this.#scope.onApplied();
    request.applied();
    record.apply(unit);
    this.#durable = this.#scope.process.durable();
    this.#durable?.catch(() => undefined); // who has to wait for it hears of it
    this.#note(unit, [...request.grouped.keys()], left);
    this.#deliver(unit);
    return this.#outcome(code === 0 ? "alreadyApplied" : "applied");
  }

  /** Notes how full the queues are now, and begins to move on what has found no room. @throws SageError `LOOP_OVERFLOW`. */
  #note(unit: UnitOfWork, queues: readonly RedisQueue[], left: readonly OutputState[]): void {
    const { process, waiting } = this.#scope;
    const full = left.flatMap(([entries, times, appended, done], i) => {
      const queue = queues[i] as RedisQueue;
      queue.noted(appended, done);
      return entries === 0 ? [] : [{ entries: queue.key, capacity: queue.descriptor.capacity, times }];
    });
    waiting.begin(full);
    for (const { queue } of unit.outputs) {
      if (!(queue instanceof FeedbackQueue)) continue;
      const { key } = queue.inner as RedisQueue;
      if (full.some(({ entries }) => entries === key)) throw queue.overflow();
    }
    for (const [, , records, , entries] of queuePositions(unit.position)) {
      process.queue(entries)?.noted(0, records);
      process.reader.hint(`${entries}:r`);
    }
  }

  /** Refused by its owner: another one has the task, or the server has lost that this one has it. */
  #fenced(): CommitOutcome {
    const { process, life } = this.#scope;
    return { code: process.life === life ? "fenced" : "mismatch" };
  }

  /** What comes of a unit that is not the next one; an incarnation that was replaced is told so, wherever that was. */
  async #recheck(unit: UnitOfWork): Promise<CommitOutcome> {
    const { process, keys, nonce } = this.#scope;
    const [epoch, owner] = await process.redis.fields(keys.task, ["e", "n"]);
    if (this.replaced || epoch !== String(unit.epoch) || owner !== nonce) return this.#fenced();
    return this.#record.knows(unit) ? this.#outcome("alreadyApplied") : { code: "mismatch" };
  }

  #outcome(code: "applied" | "alreadyApplied"): CommitOutcome {
    const { delivered } = this.#record;
    const durable = this.#durable;
    return {
      code,
      ...(delivered === undefined ? {} : { delivered }),
      ...(durable === undefined ? {} : { durable }),
    };
  }

  /** Moves on an input that is no queue of Redis, once what it is moved over is safe. */
  #advance(position: JsonValue, wait: (moved: Moved) => void): void {
    const { input } = this.#scope.scope;
    if (this.#durable === undefined) {
      wait(input.advance(position));
      return;
    }
    this.#durable.then(
      () => input.advance(position),
      () => undefined, // whoever waits for it hears of it; it is moved on with a later unit
    );
  }

  async #run(keys: readonly string[], args: readonly ScriptArgument[]): Promise<ScriptReply> {
    try {
      return await this.#scope.process.redis.run(commitScript, keys, args);
    } catch (error) {
      if (!hasCode(error, "STORE_UNAVAILABLE")) throw error;
      const { node } = this.#scope.scope;
      throw new SageError("COMMIT_UNANSWERED", { node, reason: error.message }, { cause: error });
    }
  }

  /** A unit as the script takes it. The very same unit makes the very same request. */
  #request(unit: UnitOfWork) {
    const { keys, nonce, tables, process } = this.#scope;
    const next = this.#record.copy();
    next.apply({ ...unit, state: [] });
    const grouped = groupByQueue(unit);
    const written = tables.write(unit.state);
    const names = unit.state.map(({ table }) => keys.table(table));
    const queues = [...grouped.keys()].flatMap((queue) => {
      return [queue.keys.entries, queue.keys.meta, keys.waiting(queue.keys.entries)];
    });
    const outputs = [...grouped].flatMap(([queue, batches]) => {
      const { capacity } = queue.descriptor;
      const entries = batches.flatMap((batch) => chunked(batch, Math.min(longestEntry, capacity)));
      const encoded = entries.flatMap((entry) => [entry.payloads.length, process.codec.encode(entry)]);
      return [capacity, entries.length, ...encoded];
    });
    const inputs = queuePositions(unit.position);
    const counts = [grouped.size, unit.state.length, inputs.length, unit.deadLetters.length];
    const letters = unit.deadLetters.flatMap((letter) => [letter.id, writeLetter(letter)]);
    const attempt = `${unit.epoch}:${unit.attempt}`;
    const args: ScriptArgument[] = [
      ...[unit.epoch, nonce, unit.sequence, attempt, writeProgress(next), tables.next + cellsOf(unit)],
      ...counts,
      unit.collected.length === 0 ? "" : process.codec.encode(new Batch(0, 0, unit.collected)),
      unit.finished ? 1 : 0,
      ...inputs.flatMap(([id, elements, records, whole, , token]) => [id, elements, records, whole, token]),
      ...letters,
      ...outputs,
      ...written.args,
    ];
    const moved = inputs.flatMap(([, , , , entries]) => [entries, `${entries}:m`, `${entries}:r`]);
    return {
      keys: [keys.task, keys.tables, keys.collected, keys.letters, ...queues, ...names, ...moved],
      args,
      grouped,
      applied: written.applied,
    };
  }

  /** Moves input and outputs on. What does not fit waits in line, whatever becomes of this incarnation. */
  #deliver(unit: UnitOfWork): void {
    const { waiting } = this.#scope;
    moveOn(this.#record, (wait) => {
      wait(waiting.delivered);
      for (const { queue, batch } of unit.outputs) {
        if (redisQueue(queue) === undefined && !queue.offer(batch)) wait(queue.put(batch));
      }
      // A queue of Redis was moved by the script.
      const { position } = unit;
      if (position !== undefined && !isQueuePosition(position)) this.#advance(position, wait);
    });
  }
}

/** At most so many keys of a unit are new: numbers may be left out, never given twice. */
function cellsOf({ state }: UnitOfWork): number {
  return state.reduce((sum, { cells }) => sum + cells.size, 0);
}

function groupByQueue({ outputs }: UnitOfWork): Grouped {
  const grouped: Grouped = new Map();
  for (const { queue, batch } of outputs) {
    const target = redisQueue(queue);
    if (target === undefined) continue;
    const batches = grouped.get(target);
    if (batches === undefined) grouped.set(target, [batch]);
    else batches.push(batch);
  }
  return grouped;
}

/** The queue of Redis that a queue is, or is around. */
function redisQueue(queue: Queue): RedisQueue | undefined {
  const inner = queue instanceof FeedbackQueue ? queue.inner : queue;
  return inner instanceof RedisQueue ? inner : undefined;
}

/** A batch in parts of so many records. */
function chunked(batch: Batch, longest: number): Batch[] {
  if (batch.payloads.length <= longest) return [batch];
  const parts: Batch[] = [];
  for (let from = 0; from < batch.payloads.length; from += longest) {
    const last = from + longest >= batch.payloads.length;
    parts.push(batch.range(from, last ? undefined : from + longest));
  }
  return parts;
}
