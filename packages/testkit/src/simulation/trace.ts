import { createHash, type Hash } from "node:crypto";
import type { Clock } from "@sage-kernel/core/spi";

/** How many of the last events are kept for people to read. */
const keptLines = 60;

/** How much of the records is kept for people to read, in characters. */
const longestDetail = 60;

/** Everything that happened at the ports of a run, in order, as a hash; the last of it also in words. */
export class Trace {
  /** Events so far. */
  events = 0;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #hash: Hash = createHash("sha256");
  readonly #last: string[] = [];

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Adds an event, with the virtual time and what it was about. */
  add(event: string, payloads?: readonly unknown[]): void {
    const what = payloads === undefined || payloads.length === 0 ? "" : ` ${textOf(payloads)}`;
    const line = `${this.#clock.monotonic()} ${event}`;
    this.events++;
    this.#hash.update(`${line}${what}\n`);
    this.#last.push(what.length > longestDetail ? `${line}${what.slice(0, longestDetail)} …` : line + what);
    if (this.#last.length >= 2 * keptLines) this.#last.splice(0, keptLines);
  }

  /** The last events, the oldest first. */
  get last(): readonly string[] {
    return this.#last.slice(-keptLines);
  }

  /** The hash of all events so far, in hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** Records as text that is the same wherever the run is the same; what is no data has the text of its type. */
function textOf(payloads: readonly unknown[]): string {
  try {
    return JSON.stringify(payloads, plain);
  } catch {
    return payloads.map((payload) => typeof payload).join();
  }
}

/** Makes plain what JSON has no text for. Stacks say where files are, and how this version of Node names functions. */
function plain(key: string, value: unknown): unknown {
  if (key === "stack") return undefined;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && !Number.isFinite(value)) return `${value}`;
  if (typeof value === "symbol" || typeof value === "function") return typeof value;
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return value === undefined ? "undefined" : value;
}
