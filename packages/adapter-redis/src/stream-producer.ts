import { randomBytes } from "node:crypto";
import { SageError } from "@sage-kernel/core";
import { parseOptions } from "@sage-kernel/core/di";
import * as z from "zod";
import { nodeClock } from "./node-clock.ts";
import type { RedisClient } from "./redis-client.ts";
import { appendOnceScript, writeScript } from "./stream-scripts.ts";
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
  /** Name of the producer: of several with one name, the latest one is it. */
  name: z.string().min(1),
});

/** Options of {@link openStreamProducer}, with their defaults. */
export type StreamProducerOptions = z.input<typeof schema>;

/** Appends to a plain Redis stream from a program that is no pipeline, each append once, whatever becomes of its answer. */
export interface StreamProducer {
  /**
   * Appends that are in the stream, in all, under this name: a program that was killed reads here how far it has come.
   */
  readonly appended: number;
  /**
   * Appends entries together; they are in the stream when it resolves. Appends are done in their order.
   *
   * @throws SageError `NOT_SERIALIZABLE` for an entry without values, or with too many; `STREAM_WRITER_REPLACED`; `STORE_UNAVAILABLE`, where it may be done all the same; `STORE_ROLLED_BACK` where
   * the server has lost appends before it. Behind any but the first all further appends fail alike: open the producer again to see
   * what is there.
   */
  append(entries: readonly StreamFields[]): Promise<void>;
  /** Ends its connections. What is known of the name stays at the server. */
  close(): Promise<void>;
}

/**
 * Opens a producer of a plain Redis stream. It numbers its appends and knows itself by name, as Kafka's idempotent producers
 * do: what is sent again is not there again, and a producer of the same name that was taken for dead writes nothing more.
 *
 * @throws SageError `INVALID_OPTION`, `STORE_UNAVAILABLE`, `STORE_UNSUITABLE`.
 */
export async function openStreamProducer(options: StreamProducerOptions): Promise<StreamProducer> {
  const checked = parseOptions(schema, options);
  const client = streamClient(checked as StreamServer, nodeClock);
  const nonce = randomBytes(9).toString("base64url");
  try {
    const { stream, name } = checked;
    const writer = besideStream(stream, "producer", name);
    const appended = (await client.run(writeScript, [writer], [nonce])) as number;
    return new NumberedProducer(client, { stream, name, writer, nonce, appended });
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** What a producer begins with. */
interface Begun {
  readonly stream: string;
  readonly name: string;
  readonly writer: string;
  readonly nonce: string;
  readonly appended: number;
}

class NumberedProducer implements StreamProducer {
  appended: number;
  readonly #client: RedisClient;
  readonly #begun: Begun;
  #last: Promise<unknown> = Promise.resolve();
  /** Why it is not known any more what is in the stream. */
  #broken: { readonly error: unknown } | undefined;

  constructor(client: RedisClient, begun: Begun) {
    this.#client = client;
    this.#begun = begun;
    this.appended = begun.appended;
  }

  async append(entries: readonly StreamFields[]): Promise<void> {
    const list = entriesAsList(entries);
    const append = this.#last.then(() => this.#append(list));
    this.#last = append.catch(() => undefined);
    await append;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #append(list: readonly (string | number | Uint8Array)[]): Promise<void> {
    const { stream, writer, nonce } = this.#begun;
    if (this.#broken !== undefined) throw this.#broken.error;
    const number = this.appended + 1;
    try {
      this.#check(await this.#client.run(appendOnceScript, [stream, writer], [nonce, number, ...list]));
    } catch (error) {
      this.#broken = { error }; // the next one must not be taken for this one
      throw error;
    }
    this.appended = number;
  }

  #check(done: unknown): void {
    const { stream, name } = this.#begun;
    if (done === -1) throw new SageError("STREAM_WRITER_REPLACED", { stream, writer: name });
    if (done === -2) throw new SageError("STORE_ROLLED_BACK", { store: "Redis" }); // an append before it is lost
  }
}
