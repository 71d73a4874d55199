import { SageError } from "@sage-kernel/core";
import type { Batch, DeadLetter, Queue } from "@sage-kernel/core/spi";
import type { JobOwner } from "./job-owner.ts";
import type { RedisProcess } from "./redis-process.ts";
import { RedisQueue } from "./redis-queue.ts";
import { roomAgain } from "./room-wait.ts";
import type { TaskKeys } from "./task-keys.ts";
import { discardScript, putBeforeScript } from "./task-scripts.ts";

/** What redriving works with. */
export interface RedriveScope {
  readonly process: RedisProcess;
  readonly owner: JobOwner;
  readonly keys: (node: string) => TaskKeys;
}

/** Takes dead letters out of the store: back into a queue, one after the other, or for good. */
export class Redrives {
  readonly #scope: RedriveScope;
  #puts = 0;
  /** Settles when the last put has. */
  #lastPut: Promise<unknown> = Promise.resolve();

  constructor(scope: RedriveScope) {
    this.#scope = scope;
  }

  /** Puts a batch unless all of some tasks have finished; see `StateStore.putBefore`. */
  put(tasks: readonly string[], queue: Queue, batch: Batch, letter: DeadLetter): Promise<number | undefined> {
    const put = this.#lastPut.then(() => this.#put(tasks, queue, batch, letter));
    this.#lastPut = put.catch(() => undefined); // the next one keeps its place behind it, whatever becomes of it
    return put;
  }

  /** Forgets a letter. */
  async discard({ node, id }: DeadLetter): Promise<void> {
    const { process, owner, keys } = this.#scope;
    await process.redis.run(discardScript, [keys(node).letters, owner.key], [id, owner.name]);
  }

  async #put(
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
    const { process, owner, keys } = this.#scope;
    const { redis, codec, reader } = process;
    const { entries, meta, room } = queue.keys;
    const { letters } = keys(letter.node);
    const all = [entries, meta, room, owner.key, letters, ...tasks.map((node) => keys(node).task)];
    const { id, capacity } = queue.descriptor;
    const { channel, payloads } = batch;
    const number = ++this.#puts;
    const args = [owner.name, number, capacity, channel, letter.id, payloads.length, codec.encode(batch)];
    for (;;) {
      const [state, answer] = (await redis.run(putBeforeScript, all, args)) as [number, number];
      if (state === 1) return answer;
      if (state === -2) return undefined;
      if (state === -1) throw new SageError("QUEUE_CLOSED", { queue: id });
      if (state === -3) throw new SageError("FENCED", { node: letter.node, epoch: 0 });
      await roomAgain(reader, room, answer).heard;
    }
  }
}
