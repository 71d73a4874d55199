import { readLetter } from "@sage-kernel/codec";
import type { DeadLetter, TaskRecord } from "@sage-kernel/core/spi";
import type { KeptTables } from "./kept-tables.ts";
import type { RedisProcess } from "./redis-process.ts";
import { TaskKeys } from "./task-keys.ts";
import type { Waiting } from "./waiting-outputs.ts";

/** Reads what is kept of the tasks of one job. */
export class KeptTasks {
  readonly #process: RedisProcess;
  readonly #job: string;

  constructor(process: RedisProcess, job: string) {
    this.#process = process;
    this.#job = job;
  }

  keys(node: string): TaskKeys {
    return new TaskKeys(this.#process.prefix, this.#job, node);
  }

  /** What its step has collected. */
  async collected(node: string): Promise<unknown[]> {
    const { redis, codec } = this.#process;
    const { collected } = this.keys(node);
    return (await redis.list(collected)).flatMap((part) => codec.decode(part, collected).payloads);
  }

  /** Its dead letters, oldest first. */
  async letters(node: string): Promise<DeadLetter[]> {
    const kept = [...(await this.#process.redis.hash(this.keys(node).letters)).values()].map(readLetter);
    return kept.sort((a, b) => a.time - b.time);
  }

  /** All keys of a task. */
  async keysOf(node: string): Promise<readonly string[]> {
    const { redis } = this.#process;
    const keys = this.keys(node);
    const tables = await redis.members(keys.tables);
    const waiting = waitingIn(await redis.hash(keys.task));
    return [
      ...[keys.task, keys.tables, keys.collected, keys.letters],
      ...tables.map((name) => keys.table(name)),
      ...waiting.map(({ entries }) => keys.waiting(entries)),
    ];
  }

  /** Reads its state into a record. */
  async readTables(keys: TaskKeys, record: TaskRecord, tables: KeptTables): Promise<void> {
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

/** The queues in which outputs of a task wait. */
export function waitingIn(kept: ReadonlyMap<string, string>): Waiting[] {
  const fields = [...kept].filter(([field]) => field.startsWith("w:"));
  return fields.map(([field, capacity]) => ({ entries: field.slice(2), capacity: Number(capacity) }));
}
