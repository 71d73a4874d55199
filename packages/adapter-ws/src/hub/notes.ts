import type { JsonValue } from "@sage-kernel/core";
import { tooLarge } from "../wire/too-large.ts";

interface Note {
  readonly value: JsonValue;
  readonly bytes: number;
  /** Gives its bytes back. */
  readonly release: () => void;
}

/** What holders of a name hand down. */
export class Notes {
  readonly #notes = new Map<string, Note>();
  readonly #most: number;
  #bytes = 0;

  /** All together have so many bytes at most. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#notes.size;
  }

  /** All of them, by their keys. */
  get all(): [key: string, value: JsonValue][] {
    return [...this.#notes].map(([key, { value }]) => [key, value]);
  }

  /** Notes something; `take` takes its bytes. @throws SageError `INVALID_OPTION` for too many; nothing is changed then. */
  set(key: string, value: JsonValue, bytes: number, take: () => () => void): void {
    const known = this.#notes.get(key);
    const all = this.#bytes - (known?.bytes ?? 0) + bytes;
    if (all > this.#most) throw tooLarge("notes", all, this.#most);
    this.#notes.set(key, { value, bytes, release: take() });
    this.#bytes = all;
    known?.release();
  }

  /** Drops all of them. */
  clear(): void {
    for (const key of [...this.#notes.keys()]) this.delete(key);
  }

  delete(key: string): void {
    const known = this.#notes.get(key);
    if (known === undefined) return;
    this.#notes.delete(key);
    this.#bytes -= known.bytes;
    known.release();
  }
}
