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

/** A client of that server, whose waits go by this clock. */
export function streamClient(
  { url, ioredis, answerTimeoutMs, outageTimeoutMs }: StreamServer,
  clock: Pick<Clock, "monotonic" | "setTimer" | "sleep">,
): RedisClient {
  const open = (name: string): IoredisWire => new IoredisWire({ url, ioredis } as ServerOptions, name);
  return new RedisClient(open, clock, { answerMs: answerTimeoutMs, outageMs: outageTimeoutMs }, "Redis");
}

/** Keys beside a stream, in the same slot of a cluster. */
export function besideStream(stream: string, ...names: readonly string[]): string {
  const tagged = /\{.+\}/.test(stream) ? stream : `{${stream}}`;
  return [`${tagged}:sage`, ...names.map((name) => name.replaceAll(":", "%3a"))].join(":");
}

/** Names and values of entries, or of what is made of them. */
export type StreamFields = Readonly<Record<string, string | number | Uint8Array>>;

/** Entries as the scripts take them. */
export function entriesAsList(entries: readonly StreamFields[]): (string | number | Uint8Array)[] {
  return entries.flatMap((fields) => {
    const list = Object.entries(fields).flat();
    return [list.length, ...list];
  });
}
