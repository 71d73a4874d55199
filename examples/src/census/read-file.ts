import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { MapFunction, type TaskContext } from "@sage-kernel/core";
import { kindOf } from "./kind.ts";
import type { Found } from "./walk.ts";

/** What the census keeps of a file. */
export interface FileFacts {
  readonly path: string;
  readonly kind: string;
  readonly bytes: number;
  /** Number of newline bytes. */
  readonly lines: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly digest: string;
}

const chunkBytes = 64 * 1024;
const newline = 0x0a;
// The walk saw a regular file. Should it be a link or a pipe by now, this neither follows nor waits for it.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file in chunks: one after the other, so that an instance holds at most 64 KiB for each file that it has in
 * flight. The buffers are used again.
 */
export class ReadFile extends MapFunction<Found, FileFacts> {
  readonly #free: Buffer[] = [];

  override async execute(found: Found, { signal }: TaskContext): Promise<FileFacts> {
    if (found.failure !== undefined) throw new Error(found.failure);
    const { path } = found;
    const file = await open(path, flags);
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    try {
      return { path, kind: kindOf(path), ...(await readContent(file, buffer, signal)) };
    } finally {
      this.#free.push(buffer);
      await file.close();
    }
  }
}

async function readContent(file: FileHandle, buffer: Buffer, signal: AbortSignal) {
  const hash = createHash("sha256");
  let bytes = 0;
  let lines = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
    if (bytesRead === 0) return { bytes, lines, digest: hash.digest("hex") };
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    bytes += bytesRead;
    lines += countNewlines(chunk);
  }
}

function countNewlines(chunk: Buffer): number {
  let lines = 0;
  for (let i = 0; i < chunk.length; i++) if (chunk[i] === newline) lines++;
  return lines;
}
