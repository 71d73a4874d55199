import type { JsonValue } from "@sage-kernel/core";
import { type ChannelMessage, WaitingTake } from "@sage-kernel/core/spi";
import { RecentTokens } from "./recent-tokens.ts";
import type { StreamEntry } from "./redis-port.ts";
import type { StreamReader, StreamWatcher } from "./stream-reader.ts";

/** What the inbox of a seat works with. */
export interface SeatInboxScope {
  readonly name: string;
  readonly epoch: string;
  /** Stream: the messages. */
  readonly key: string;
  readonly reader: StreamReader;
  /** Drops messages that are nobody's any more. */
  readonly drop: (ids: readonly string[]) => void;
}

/** Messages that are read before they are asked for; more only as they come together. */
const readAhead = 64;
/** Settled messages that are remembered, for a server that has lost that they were. */
const remembered = 4096;

/** What comes for the holder of a seat. */
export class SeatInbox implements StreamWatcher {
  readonly key: string;
  after = "0-0";
  readonly #scope: SeatInboxScope;
  #ready: ChannelMessage[] = [];
  /** Ids of what was read and is not settled. */
  readonly #known = new Set<string>();
  readonly #settled = new RecentTokens(remembered);
  readonly #take = new WaitingTake<readonly ChannelMessage[]>();
  #asked = false;
  #ended = false;

  constructor(scope: SeatInboxScope) {
    this.#scope = scope;
    this.key = scope.key;
    scope.reader.add(this);
  }

  get wants(): boolean {
    return this.#asked && !this.#ended && this.#ready.length < readAhead;
  }

  /** Takes what there is, or waits. */
  take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]> {
    this.#take.check(this.#scope.name, signal);
    this.#asked = true;
    const taken =
      this.#ready.length > 0 ? Promise.resolve(this.#ready.splice(0, max)) : this.#take.wait(max, signal);
    this.#scope.reader.look(this);
    return taken;
  }

  /** These are settled. */
  settled(ids: readonly string[]): void {
    for (const id of ids) {
      this.#known.delete(id);
      this.#settled.add(id);
    }
  }

  /** The server may have lost something: all that it has is looked at once more. */
  readAgain(): void {
    this.after = "0-0";
    this.#scope.reader.look(this);
  }

  /** Nothing is taken any more. */
  end(error: unknown): void {
    this.#ended = true;
    this.#ready = [];
    this.#scope.reader.remove(this);
    this.#take.reject(error);
  }

  onEntries(after: string, entries: readonly StreamEntry[]): void {
    const last = entries.at(-1);
    if (after !== this.after || last === undefined) return;
    this.after = last.id;
    const done = entries.filter((entry) => !this.#add(entry)).map(({ id }) => id);
    if (done.length > 0) this.#scope.drop(done);
    if (this.#ready.length > 0) this.#take.resolve((max) => this.#ready.splice(0, max));
  }

  onError(): void {
    // What waits goes on waiting: the seat looks again from time to time.
  }

  /** Answers whether it is a message that is still to be settled. */
  #add({ id, fields }: StreamEntry): boolean {
    if (this.#known.has(id)) return true;
    const text = (name: string): string => String(fields.get(name) ?? "");
    const to = text("t");
    if (this.#settled.has(id) || (to !== "" && to !== this.#scope.epoch)) return false;
    this.#known.add(id);
    const body = JSON.parse(text("b")) as JsonValue;
    this.#ready.push({ id, from: { name: text("f"), epoch: Number(text("e")) }, body });
    return true;
  }
}
