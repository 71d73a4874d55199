import { createReadStream } from "node:fs";

/** Neighbouring lines of a file. */
export interface Lines {
  /** Number of the first one; the file's first line is 1. */
  readonly first: number;
  /** Their texts, without the line breaks. */
  readonly texts: readonly string[];
}

/** A line of a file. */
export interface Line {
  /** Its place in the file; the first is 1. */
  readonly number: number;
  /** Its text without the line break. */
  readonly text: string;
}

const chunkBytes = 64 * 1024;

/** The single lines of a chunk. */
export function splitLines({ first, texts }: Lines): Line[] {
  return texts.map((text, i) => ({
    number: first + i,
    text: text.endsWith("\r") ? text.slice(0, -1) : text,
  }));
}

/** Reads a file's lines, chunk by chunk, and knows how far it has come. */
export class LineReader {
  /** Characters read so far; in a log, much the same as bytes. */
  position = 0;
  readonly #path: string;
  readonly #maxLines: number;

  constructor(path: string, maxLines = Number.POSITIVE_INFINITY) {
    this.#path = path;
    this.#maxLines = maxLines;
  }

  /**
   * Yields the lines of one chunk at a time: far cheaper than one by one. A line of more than a chunk comes in pieces,
   * so that a file without line breaks is not gathered in memory.
   */
  async *read(): AsyncGenerator<Lines> {
    const chunks = createReadStream(this.#path, { encoding: "utf8", highWaterMark: chunkBytes });
    let first = 1;
    let rest = "";
    for await (const chunk of chunks as AsyncIterable<string>) {
      this.position += chunk.length;
      const texts = (rest + chunk).split("\n");
      rest = texts.pop() ?? "";
      if (rest.length > chunkBytes) {
        texts.push(rest);
        rest = "";
      }
      const left = this.#maxLines - (first - 1);
      yield { first, texts: texts.slice(0, left) };
      if (texts.length >= left) return;
      first += texts.length;
    }
    if (rest !== "") yield { first, texts: [rest] };
  }
}
