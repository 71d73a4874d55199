import { longestBlockMs } from "./redis-client.ts";
import type { RedisPort, StreamEntry } from "./redis-port.ts";
import { pokeScript } from "./scripts.ts";

/** Somebody who reads a stream. */
export interface StreamWatcher {
  readonly key: string;
  /** The last entry that they have; reading goes on behind it. */
  readonly after: string;
  /** Whether they want more now. */
  readonly wants: boolean;
  /** Takes what has come behind an entry; they look whether that is still their last one. */
  onEntries(after: string, entries: readonly StreamEntry[]): void;
  /** The server could not be read for too long. */
  onError(error: unknown): void;
  /** Something was written there by this process: it need not wait for the news to come round. */
  onHint?(): void;
}

/** Entries of one stream in one answer at most; a queue holds no more records than its capacity in any case. */
const entriesAtOnce = 128;

/**
 * Reads all streams that anybody wants to be read, with one read at a time, which waits at the server while there is
 * nothing. It is poked when somebody wants a stream that it does not include.
 */
export class StreamReader {
  readonly #redis: RedisPort;
  readonly #pokeKey: string;
  readonly #watchers = new Set<StreamWatcher>();
  #poked = "0-0";
  #reading = false;
  /** Who is read for, and behind which entry. */
  #included = new Map<StreamWatcher, string>();
  #poking = false;
  #closed = false;

  /** `pokeKey` is a stream of this reader alone. */
  constructor(redis: RedisPort, pokeKey: string) {
    this.#redis = redis;
    this.#pokeKey = pokeKey;
  }

  /** Reads for somebody, whenever they want it, until they are removed. */
  add(watcher: StreamWatcher): void {
    this.#watchers.add(watcher);
  }

  /** Reads no more for somebody. */
  remove(watcher: StreamWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** Somebody wants more than before. */
  look(watcher: StreamWatcher): void {
    if (this.#closed) return;
    if (!this.#reading) void this.#read();
    else if (this.#misses(watcher)) this.#interrupt();
  }

  /** This process has written to a stream; those who wait there hear of it at once. */
  hint(key: string): void {
    for (const watcher of [...this.#watchers]) {
      if (watcher.key === key && watcher.wants) watcher.onHint?.();
    }
  }

  /** What is known of room may be wrong: all who wait for it look again. */
  hintAll(): void {
    for (const watcher of [...this.#watchers]) if (watcher.wants) watcher.onHint?.();
  }

  close(): void {
    this.#closed = true;
    this.#watchers.clear();
  }

  /** Whether the read that waits is not for somebody, or not from where they stand now. */
  #misses(watcher: StreamWatcher): boolean {
    return this.#included.get(watcher) !== watcher.after;
  }

  /** Makes the read that waits come back, unless it does so by itself within this turn. */
  #interrupt(): void {
    if (this.#poking) return;
    this.#poking = true;
    setImmediate(() => {
      this.#poking = false;
      const missing = [...this.#watchers].some((watcher) => watcher.wants && this.#misses(watcher));
      if (!missing || !this.#reading || this.#closed) return;
      this.#redis.run(pokeScript, [this.#pokeKey], []).catch(() => undefined); // then it waits a little longer
    });
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (!this.#closed) {
      const wanting = [...this.#watchers].filter(({ wants }) => wants);
      this.#included = new Map(wanting.map((watcher) => [watcher, watcher.after]));
      if (wanting.length === 0) break;
      const from = wanting.map((watcher) => ({ watcher, key: watcher.key, after: watcher.after }));
      try {
        const streams = [...from, { key: this.#pokeKey, after: this.#poked }];
        const found = await this.#redis.read(streams, entriesAtOnce, longestBlockMs);
        this.#poked = found.get(this.#pokeKey)?.at(-1)?.id ?? this.#poked;
        for (const { watcher, key, after } of from) {
          const entries = found.get(key);
          if (entries !== undefined && this.#watchers.has(watcher)) watcher.onEntries(after, entries);
        }
      } catch (error) {
        if (!this.#closed) for (const watcher of wanting) watcher.onError(error);
        break; // whoever still wants something looks again
      }
    }
    this.#reading = false;
    this.#included = new Map();
  }
}
