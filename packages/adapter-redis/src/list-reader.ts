import { longestBlockMs } from "./redis-client.ts";
import type { RedisPort } from "./redis-port.ts";
import { answerLost } from "./requests.ts";
import { pokeListScript } from "./scripts.ts";

/** Somebody who reads a list. */
export interface ListWatcher {
  readonly key: string;
  /** Whether they want more now. */
  readonly wants: boolean;
  /** Takes what was read, which is in the list no more. */
  onElements(elements: readonly Buffer[]): void;
  /** Elements may have been lost on their way. */
  onLost(): void;
  /** The server could not be read for too long. */
  onError(error: unknown): void;
}

/** Elements in one answer at most. */
const elementsAtOnce = 64;

/**
 * Reads all lists that anybody wants to be read, with one pop at a time, which waits at the server while there is nothing.
 * The lists have their turns. It is poked when somebody wants a list that it does not include.
 */
export class ListReader {
  readonly #redis: RedisPort;
  readonly #pokeKey: string;
  readonly #watchers = new Map<string, ListWatcher>();
  #reading = false;
  /** Keys that the pop that waits includes. */
  #included: ReadonlySet<string> = new Set();
  #poking = false;
  #closed = false;
  #turn = 0;
  /** Those who wait until what waits at the server comes back. */
  readonly #waiting = new Set<() => void>();

  /** `pokeKey` is a list of this reader alone. */
  constructor(redis: RedisPort, pokeKey: string) {
    this.#redis = redis;
    this.#pokeKey = pokeKey;
  }

  /** Reads for somebody, whenever they want it, until they are removed; one for each list. */
  add(watcher: ListWatcher): void {
    this.#watchers.set(watcher.key, watcher);
  }

  /** Reads no more for somebody. */
  remove(watcher: ListWatcher): void {
    if (this.#watchers.get(watcher.key) === watcher) this.#watchers.delete(watcher.key);
  }

  /** Somebody wants more than before. */
  look(watcher: ListWatcher): void {
    if (this.#closed) return;
    if (!this.#reading) void this.#read();
    else if (!this.#included.has(watcher.key)) this.#interrupt();
  }

  /** Settles when nothing that is read will come to somebody who wants no more. */
  async done(watcher: ListWatcher): Promise<void> {
    if (!this.#included.has(watcher.key) || this.#closed) return;
    const back = new Promise<void>((resolve) => this.#waiting.add(resolve));
    this.#poke();
    await back;
  }

  close(): void {
    this.#closed = true;
    for (const resolve of this.#waiting) resolve();
    this.#watchers.clear();
  }

  #wanting(): ListWatcher[] {
    return [...this.#watchers.values()].filter(({ wants }) => wants);
  }

  /** Makes the pop that waits come back, unless it does so by itself within this turn. */
  #interrupt(): void {
    if (this.#poking) return;
    this.#poking = true;
    setImmediate(() => {
      this.#poking = false;
      const missing = this.#wanting().some(({ key }) => !this.#included.has(key));
      if (missing && this.#reading && !this.#closed) this.#poke();
    });
  }

  #poke(): void {
    this.#redis.run(pokeListScript, [this.#pokeKey], []).catch(() => undefined); // then it waits a little longer
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (!this.#closed) {
      const wanting = this.#wanting();
      if (wanting.length === 0) break;
      const keys = wanting.map(({ key }) => key);
      this.#included = new Set(keys);
      const first = this.#turn++ % keys.length;
      try {
        const lists = [...keys.slice(first), ...keys.slice(0, first), this.#pokeKey];
        const popped = await this.#redis.pop(lists, elementsAtOnce, longestBlockMs);
        if (popped !== undefined) this.#watchers.get(popped.key)?.onElements(popped.elements);
        this.#tellBack();
      } catch (error) {
        if (this.#closed) break;
        for (const watcher of wanting) if (error === answerLost) watcher.onLost();
        if (error === answerLost) continue;
        for (const watcher of wanting) watcher.onError(error);
        break; // whoever still wants something looks again
      }
    }
    this.#reading = false;
    this.#included = new Set();
    this.#tellBack();
  }

  /** What was waited for at the server has come back. */
  #tellBack(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
