import { hasCode } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import { Durability, type DurabilityLevel, type DurabilityMeans } from "./durability.ts";
import type {
  IdempotentScript,
  PoppedElements,
  ReadFrom,
  RedisPort,
  ScriptArgument,
  ScriptReply,
  StreamEntry,
} from "./redis-port.ts";
import { type RequestLimits, Requests } from "./requests.ts";
import { ServerIdentity } from "./server-identity.ts";
import type { Wire } from "./wire.ts";

/** Longest that a read may wait at the server, in ms. */
export const longestBlockMs = 5000;
/** How long after that its answer may take. */
const graceMs = 2000;

/** Redis over several connections: one for commands, and one for each kind of read that waits. */
export class RedisClient implements RedisPort {
  readonly #commands: Requests;
  readonly #reads: Requests;
  /** Opened with the first list that is read. */
  #pops: Requests | undefined;
  /** Opens a connection on which requests wait at the server. */
  readonly #waiting: (name: string) => Requests;
  /** A connection of its own, on which nothing holds up what waits. */
  readonly #barriers: Requests | undefined;
  readonly #durability: Durability | undefined;
  readonly #lossListeners = new Set<() => void>();
  /** Scripts that the server is taken to know. */
  readonly #known = new Set<string>();

  /** `open` makes a connection of this name; `store` is how the server is called in errors, `ours` whether it serves us alone. */
  constructor(
    open: (name: string) => Wire,
    clock: Pick<Clock, "monotonic" | "setTimer" | "sleep">,
    limits: RequestLimits,
    store: string,
    durability?: DurabilityLevel & { readonly key: string },
    ours = true,
  ) {
    const onChange = (): void => {
      for (const listener of [...this.#lossListeners]) listener();
    };
    const identity = new ServerIdentity(store, clock, onChange, ours);
    this.#commands = new Requests(open("sage-commands"), clock, limits, store, (send) =>
      identity.greet(send),
    );
    const { outageMs } = limits;
    const waits = { answerMs: longestBlockMs + graceMs, outageMs: outageMs + longestBlockMs };
    this.#waiting = (name) => new Requests(open(name), clock, waits, store);
    this.#reads = this.#waiting("sage-reads");
    if (durability === undefined || (durability.replicas === 0 && !durability.fsync)) return;
    this.#barriers = new Requests(open("sage-durability"), clock, limits, store);
    const { key } = durability;
    const means = (): Promise<DurabilityMeans> => this.#means();
    this.#durability = new Durability(this.#barriers, durability, {
      clock,
      outageMs,
      key,
      means,
      server: () => identity.known,
    });
  }

  async run(
    { source, sha }: IdempotentScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    signal?: AbortSignal,
  ): Promise<ScriptReply> {
    const rest = [keys.length, ...keys, ...args];
    if (this.#known.has(sha)) {
      try {
        return (await this.#commands.ask("EVALSHA", [sha, ...rest], { signal })) as ScriptReply;
      } catch (error) {
        if (!hasCode(error, "STORE_REFUSED") || !String(error.details.message).startsWith("NOSCRIPT"))
          throw error;
      }
    }
    const reply = (await this.#commands.ask("EVAL", [source, ...rest], { signal })) as ScriptReply;
    this.#known.add(sha);
    return reply;
  }

  async fields(key: string, names: readonly string[]): Promise<readonly (string | null)[]> {
    const values = (await this.#commands.ask("HMGET", [key, ...names])) as readonly (Buffer | null)[];
    return values.map((value) => (value === null ? null : value.toString()));
  }

  async hash(key: string): Promise<ReadonlyMap<string, string>> {
    return fieldsOf((await this.#commands.ask("HGETALL", [key])) as ScriptReply);
  }

  async list(key: string): Promise<readonly Buffer[]> {
    return (await this.#commands.ask("LRANGE", [key, 0, -1])) as readonly Buffer[];
  }

  async members(key: string): Promise<readonly string[]> {
    return ((await this.#commands.ask("SMEMBERS", [key])) as readonly Buffer[]).map(String);
  }

  async read(
    streams: readonly ReadFrom[],
    count: number,
    blockMs: number,
  ): Promise<ReadonlyMap<string, StreamEntry[]>> {
    const keys = streams.map(({ key }) => key);
    const ids = streams.map(({ after }) => after);
    const reply = await this.#reads.ask("XREAD", [
      "COUNT",
      count,
      "BLOCK",
      blockMs,
      "STREAMS",
      ...keys,
      ...ids,
    ]);
    return new Map(
      ((reply ?? []) as RawStream[]).map(([key, entries]) => [key.toString(), entries.map(toEntry)]),
    );
  }

  async pop(keys: readonly string[], count: number, blockMs: number): Promise<PoppedElements | undefined> {
    this.#pops ??= this.#waiting("sage-calls");
    const args = [blockMs / 1000, keys.length, ...keys, "LEFT", "COUNT", count];
    const reply = (await this.#pops.ask("BLMPOP", args, { once: true })) as [Buffer, Buffer[]] | null;
    return reply === null ? undefined : { key: reply[0].toString(), elements: reply[1] };
  }

  durable(): Promise<void> | undefined {
    return this.#durability?.reached();
  }

  onLoss(listener: () => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  async #means(): Promise<DurabilityMeans> {
    const [[known], appendonly, appendfsync] = await Promise.all([
      this.#commands.ask("COMMAND", ["INFO", "WAITAOF"]) as Promise<[unknown]>,
      this.#setting("appendonly"),
      this.#setting("appendfsync"),
    ]);
    return { waitAof: known !== null, fsyncsAlways: appendonly === "yes" && appendfsync === "always" };
  }

  /** A setting of the server; `undefined` where it may not be asked. */
  async #setting(name: string): Promise<string | undefined> {
    const answer = await this.#commands.ask("CONFIG", ["GET", name]).catch(() => undefined);
    const [, value] = (answer ?? []) as readonly unknown[];
    return value === undefined ? undefined : String(value);
  }

  async close(): Promise<void> {
    const all = [this.#commands, this.#reads, this.#pops, this.#barriers];
    await Promise.all(all.map((requests) => requests?.close()));
  }
}

/** A hash, from names and values in turn. */
export function fieldsOf(reply: ScriptReply): ReadonlyMap<string, string> {
  const list = (reply as readonly Buffer[]).map(String);
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] as string, list[i + 1] as string);
  return fields;
}

type RawEntry = readonly [id: Buffer, fields: readonly Buffer[]];
type RawStream = readonly [key: Buffer, entries: readonly RawEntry[]];

function toEntry([id, list]: RawEntry): StreamEntry {
  const fields = new Map<string, Buffer>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(String(list[i]), list[i + 1] as Buffer);
  return { id: id.toString(), fields };
}
