import { type PolledSource, type PollScope, SageError, type TaskContext } from "@sage-kernel/core";
import { parseOptions } from "@sage-kernel/core/di";
import * as z from "zod";
import type { RedisClient } from "./redis-client.ts";
import { standScript, trimScript } from "./stream-scripts.ts";
import { type StreamServer, streamClient, streamServer } from "./stream-server.ts";

const schema = z.strictObject({
  ...streamServer,
  /** Keys of the streams, each of which is a split: they are spread over the step's instances. */
  streams: z.array(z.string().min(1)).min(1, "expected at least one key of a stream"),
  /** Where a job that is new begins to read: with what is there, or with what comes. */
  from: z.enum(["beginning", "end"]).default("beginning"),
  /** When a stream ends: never, or when there is nothing more for now. */
  until: z.enum(["forever", "empty"]).default("forever"),
  /** Whether entries are removed whose records are done: for a stream that nobody else reads. */
  trim: z.boolean().default(false),
  /** What happens when entries were removed before they were read. */
  onGap: z.enum(["fail", "goOn"]).default("fail"),
  /** How long one read waits for entries, in ms. While it does, the other streams of the instance wait too. */
  waitMs: z.int().min(1).default(200),
});

/** Options of {@link redisStreamSource}, with their defaults. */
export type RedisStreamSourceOptions = z.input<typeof schema>;

/** How far a stream was read: its last entry, and how many entries it has had up to that one. */
export type RedisStreamPosition = readonly [id: string, entries: number];

/** An entry of a plain stream, as it was read. */
export interface RedisStreamEntry {
  /** Key of the stream. */
  readonly stream: string;
  /** `<ms>-<n>`, rising within the stream. */
  readonly id: string;
  /** Values by name, as bytes. */
  readonly fields: ReadonlyMap<string, Buffer>;
}

/** An entry of a plain stream as a record. */
export interface RedisStreamRecord {
  /** Key of the stream. */
  readonly stream: string;
  /** `<ms>-<n>`, rising within the stream. */
  readonly id: string;
  /** Values by name, as text. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * A source of plain Redis streams, which any program may write with XADD; for `env.fromReplayable(redisStreamSource({…}))`.
 * How far they are read is kept in the job's own commits, so that each entry counts once, whatever fails; no consumer group is
 * made, and nothing is written to the streams unless `trim` is set.
 *
 * `decode` makes a record of an entry; by default {@link RedisStreamRecord}s come. What it throws fails the source.
 *
 * @throws SageError `INVALID_OPTION`; later `STREAM_TRIMMED` where entries are gone, `ENTRY_UNREADABLE` where `decode` throws.
 */
export function redisStreamSource<T = RedisStreamRecord>(
  options: RedisStreamSourceOptions,
  decode: (entry: RedisStreamEntry) => T = asRecord as (entry: RedisStreamEntry) => T,
): { create(): PolledSource<T, RedisStreamPosition> } {
  const checked = parseOptions(schema, options);
  return { create: () => new StreamSource(checked, decode) };
}

/** Where a stream stands: entries that were removed, its last id, and entries that were added, in all. */
interface Stand {
  readonly removed: number;
  readonly last: string;
  readonly added: number;
}

class StreamSource<T> implements PolledSource<T, RedisStreamPosition> {
  readonly #options: z.output<typeof schema>;
  readonly #decode: (entry: RedisStreamEntry) => T;
  #client!: RedisClient;

  constructor(options: z.output<typeof schema>, decode: (entry: RedisStreamEntry) => T) {
    this.#options = options;
    this.#decode = decode;
  }

  open({ clock }: TaskContext): void {
    this.#client = streamClient(this.#options as StreamServer, clock);
  }

  /** Where a split begins that is read from the end is part of its id, which stays what it is for the life of the job. */
  async splits(): Promise<readonly string[]> {
    const streams = [...new Set(this.#options.streams)];
    if (this.#options.from === "beginning") return streams;
    return Promise.all(
      streams.map(async (stream) => {
        const { last, added } = await this.#stand(stream);
        return `${stream} from ${last} ${added}`;
      }),
    );
  }

  async poll(position: RedisStreamPosition | undefined, max: number, { split, signal }: PollScope) {
    const { until, waitMs, onGap } = this.#options;
    const { stream, beginning } = this.#of(split);
    const { removed } = await this.#stand(stream);
    const [after, entries] = position ?? beginning ?? ["0-0", removed];
    // What is removed by count or by age are the first entries: more than were read means that some were not.
    const missed = Math.max(0, removed - entries);
    if (missed > 0 && onGap === "fail")
      throw new SageError("STREAM_TRIMMED", { stream, behind: after, entries: missed });
    const read = this.#client.read([{ key: stream, after }], max, until === "empty" ? 1 : waitMs);
    const found = (await unlessAborted(read, signal))?.get(stream) ?? [];
    const records = found.map(({ id, fields }) => this.#read({ stream, id, fields }));
    const reached: RedisStreamPosition = [found.at(-1)?.id ?? after, entries + missed + found.length];
    return { records, position: reached, done: until === "empty" && found.length === 0 };
  }

  async acknowledge([id]: RedisStreamPosition, split: string): Promise<void> {
    if (!this.#options.trim) return;
    const [ms, n] = id.split("-") as [string, string];
    await this.#client.run(trimScript, [this.#of(split).stream], [`${ms}-${BigInt(n) + 1n}`]);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  /** The stream of a split, and where it begins if that is not its beginning. */
  #of(split: string): { readonly stream: string; readonly beginning?: RedisStreamPosition } {
    if (this.#options.from === "beginning") return { stream: split };
    const [, stream = "", id = "", entries] = /^(.*) from (\S+) (\d+)$/s.exec(split) ?? [];
    return { stream, beginning: [id, Number(entries)] };
  }

  async #stand(stream: string): Promise<Stand> {
    const found = await this.#client.run(standScript, [stream], []);
    const [removed = 0, last = "0-0", length = 0] = found as readonly (number | Buffer)[];
    return { removed: Number(removed), last: String(last), added: Number(removed) + Number(length) };
  }

  #read(entry: RedisStreamEntry): T {
    try {
      return this.#decode(entry);
    } catch (cause) {
      const problem = `entry ${entry.id}: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new SageError("ENTRY_UNREADABLE", { queue: entry.stream, problem }, { cause });
    }
  }
}

function asRecord({ stream, id, fields }: RedisStreamEntry): RedisStreamRecord {
  return {
    stream,
    id,
    fields: Object.fromEntries([...fields].map(([name, value]) => [name, value.toString()])),
  };
}

/** What a read answers, or nothing when it is given up: it can be read again. */
async function unlessAborted<T>(read: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let onAbort = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  read.catch(() => undefined); // nobody may wait for it any more
  try {
    return await Promise.race([read, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
