import { SageError } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import * as z from "zod";
import { IoredisWire, type ServerOptions } from "./ioredis-wire.ts";
import { RedisClient } from "./redis-client.ts";

/** How the server of plain streams is reached; part of the options of their sources, sinks and producers. */
export const streamServer = {
  /** `redis://` or `rediss://`; with credentials, which stand in no log and no error. */
  url: z.string().optional(),
  /** Options of ioredis, for TLS, Sentinel, a Unix socket and the like. */
  ioredis: z.record(z.string(), z.unknown()).optional(),
  /** How long a command may go without an answer before its connection is dropped and everything sent again, in ms. */
  answerTimeoutMs: z.number().positive("expected more than 0, in ms").default(5000),
  /** How long the server may be away before what waits for it fails with `STORE_UNAVAILABLE`, in ms. */
  outageTimeoutMs: z.number().positive("expected more than 0, in ms").default(60_000),
};

/** The options by which a server is reached, with their defaults. */
export interface StreamServer {
  readonly url?: string | undefined;
  readonly ioredis?: Record<string, unknown> | undefined;
  readonly answerTimeoutMs: number;
  readonly outageTimeoutMs: number;
}

/** A client of that server, whose waits go by this clock; `ours` says whether it serves us alone. */
export function streamClient(
  { url, ioredis, answerTimeoutMs, outageTimeoutMs }: StreamServer,
  clock: Pick<Clock, "monotonic" | "setTimer" | "sleep">,
  ours = false,
): RedisClient {
  const open = (name: string): IoredisWire => new IoredisWire({ url, ioredis } as ServerOptions, name);
  const limits = { answerMs: answerTimeoutMs, outageMs: outageTimeoutMs };
  return new RedisClient(open, clock, limits, "Redis", undefined, ours);
}

/** Keys beside a stream, in the same slot of a cluster. */
export function besideStream(stream: string, ...names: readonly string[]): string {
  const tagged = /\{.+\}/.test(stream) ? stream : `{${stream}}`;
  return [`${tagged}:sage`, ...names.map((name) => name.replaceAll(":", "%3a"))].join(":");
}

/** Names and values of entries, or of what is made of them. */
export type StreamFields = Readonly<Record<string, string | number | Uint8Array>>;

/** Names and values of one entry at most: what a script can pass on at once. */
const mostValues = 2000;

/**
 * Entries as the scripts take them.
 *
 * @throws SageError `NOT_SERIALIZABLE` for one without names, or with too many.
 */
export function entriesAsList(entries: readonly StreamFields[]): (string | number | Uint8Array)[] {
  return entries.flatMap((fields, i) => {
    const list = Object.entries(fields).flatMap(([name, value]) => [name, asBytes(value)]);
    if (list.length > 0 && list.length <= 2 * mostValues) return [list.length, ...list];
    const got = list.length === 0 ? "an entry without values" : `an entry of more than ${mostValues} values`;
    throw new SageError("NOT_SERIALIZABLE", { path: `entries[${i}]`, got });
  });
}

/** Bytes as the client takes them. */
function asBytes(value: string | number | Uint8Array): string | number | Buffer {
  if (!(value instanceof Uint8Array) || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
