import { randomBytes } from "node:crypto";
import { SageError, type StagedSink, type TaskContext, type Transaction } from "@sage-kernel/core";
import { parseOptions } from "@sage-kernel/core/di";
import * as z from "zod";
import type { RedisClient } from "./redis-client.ts";
import { endWriterScript, publishScript, stageScript, writeScript } from "./stream-scripts.ts";
import {
  besideStream,
  entriesAsList,
  type StreamFields,
  type StreamServer,
  streamClient,
  streamServer,
} from "./stream-server.ts";

const schema = z.strictObject({
  ...streamServer,
  /** Key of the stream. */
  stream: z.string().min(1),
});

/** Options of {@link redisStreamSink}, with their defaults. */
export type RedisStreamSinkOptions = z.input<typeof schema>;

/**
 * A sink that appends to a plain Redis stream, which any program may read; for
 * `stream.transactionalSink(redisStreamSink({…}))`. The records of a unit of work are staged beside the stream before it is
 * committed, and appended together afterwards, once, whatever fails in between.
 *
 * `encode` makes the names and values of an entry of a record; by default `value` has the record as JSON.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function redisStreamSink<T>(
  options: RedisStreamSinkOptions,
  encode: (record: T) => StreamFields = (record) => ({ value: JSON.stringify(record) }),
): { create(): StagedSink<T> } {
  const checked = parseOptions(schema, options);
  return { create: () => new StreamSink(checked, encode) };
}

class StreamSink<T> implements StagedSink<T> {
  readonly #options: z.output<typeof schema>;
  readonly #encode: (record: T) => StreamFields;
  /** Fences an earlier instance of the same task. */
  readonly #nonce = randomBytes(9).toString("base64url");
  #client!: RedisClient;
  #writer: string | undefined;

  constructor(options: z.output<typeof schema>, encode: (record: T) => StreamFields) {
    this.#options = options;
    this.#encode = encode;
  }

  open({ clock }: TaskContext): void {
    this.#client = streamClient(this.#options as StreamServer, clock);
  }

  async recover(task: string, upTo: number): Promise<void> {
    const writer = this.#writerOf(task);
    this.#writer = writer;
    await this.#client.run(writeScript, [writer], [this.#nonce]);
    const fields = [...(await this.#client.hash(writer)).keys()].filter((field) => field.startsWith("t:"));
    const staged = fields.map((field) => Number(field.slice(2))).sort((a, b) => a - b);
    for (const sequence of staged) await this.#publish({ task, sequence }, sequence <= upTo);
  }

  async stage({ task, sequence, id }: Transaction, records: readonly T[]): Promise<void> {
    const keys = [this.#writerOf(task), this.#staged(task, sequence)];
    const entries = entriesAsList(records.map(this.#encode));
    const done = await this.#client.run(stageScript, keys, [this.#nonce, sequence, ...entries]);
    if (done === -1) throw this.#replaced(id);
  }

  commit(transaction: Transaction): Promise<void> {
    return this.#publish(transaction, true);
  }

  async close(): Promise<void> {
    try {
      if (this.#writer !== undefined) await this.#client.run(endWriterScript, [this.#writer], [this.#nonce]);
    } finally {
      await this.#client?.close();
    }
  }

  async #publish(
    { task, sequence }: Pick<Transaction, "task" | "sequence">,
    visible: boolean,
  ): Promise<void> {
    const { stream } = this.#options;
    const keys = [stream, this.#writerOf(task), this.#staged(task, sequence)];
    const done = await this.#client.run(publishScript, keys, [this.#nonce, sequence, visible ? 1 : 0]);
    if (done === -1) throw this.#replaced(task);
    if (done === -2)
      throw new SageError("STREAM_STAGING_LOST", { stream, transaction: `${task}/${sequence}` });
  }

  #replaced(writer: string): SageError {
    return new SageError("STREAM_WRITER_REPLACED", { stream: this.#options.stream, writer });
  }

  #writerOf(task: string): string {
    return besideStream(this.#options.stream, "sink", task);
  }

  #staged(task: string, sequence: number): string {
    return besideStream(this.#options.stream, "sink", task, String(sequence));
  }
}
