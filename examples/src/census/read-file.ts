import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { MapFunction, type TaskContext } from "@sage-kernel/core";
import { kindOf } from "./kind.ts";
import { isManifest, manifestLimitBytes } from "./manifest.ts";
import type { Found } from "./walk.ts";

/** What the census keeps of a file. */
export interface FileFacts {
  readonly path: string;
  /** See {@link Found.manifests}. */
  readonly manifests: readonly string[];
  readonly kind: string;
  readonly bytes: number;
  /** Number of newline bytes. */
  readonly lines: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly digest: string;
  /** Text of a `package.json`; absent when it is longer than what is kept, and for all other files. */
  readonly content?: string;
}

const chunkBytes = 64 * 1024;
const newline = 0x0a;
// The walk saw a regular file. Should it be a link or a pipe by now, this neither follows nor waits for it.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file in chunks: one after the other, so that an instance holds at most 64 KiB for each file that it has in
 * flight, and what it keeps of a `package.json`. The buffers are used again.
 */
export class ReadFile extends MapFunction<Found, FileFacts> {
  readonly #free: Buffer[] = [];

  override async execute(found: Found, { signal }: TaskContext): Promise<FileFacts> {
    if (found.failure !== undefined) throw new Error(found.failure);
    const { path, manifests } = found;
    const file = await open(path, flags);
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    try {
      const content = await readContent(file, buffer, isManifest(found), signal);
      return { path, manifests, kind: kindOf(path), ...content };
    } finally {
      this.#free.push(buffer);
      await file.close();
    }
  }
}

async function readContent(file: FileHandle, buffer: Buffer, keepsText: boolean, signal: AbortSignal) {
  const hash = createHash("sha256");
  const kept: Buffer[] = [];
  let bytes = 0;
  let lines = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    bytes += bytesRead;
    lines += countNewlines(chunk);
    if (keepsText && bytes <= manifestLimitBytes) kept.push(Buffer.from(chunk));
  }
  const facts = { bytes, lines, digest: hash.digest("hex") };
  if (!keepsText || bytes > manifestLimitBytes) return facts;
  return { ...facts, content: Buffer.concat(kept).toString() };
}

function countNewlines(chunk: Buffer): number {
  let lines = 0;
  for (let i = 0; i < chunk.length; i++) if (chunk[i] === newline) lines++;
  return lines;
}
