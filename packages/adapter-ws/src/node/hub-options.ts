import * as z from "zod";
import type { Token } from "../client/token.ts";
import type { Authenticate, Tokens } from "./access.ts";

const ms = z.number().positive("expected more than 0, in ms");
const count = z.int().min(1, "expected 1 or more");
const role = z.enum(["submit", "operate", "observe", "worker", "manage"]);

/** Options of a hub. */
export const hubSchema = z.strictObject({
  /** 0: one that is free. */
  port: z.int().min(0).max(65_535).default(0),
  /** Name or address to listen at; any other than this machine takes `tokens` or `authenticate`. */
  host: z.string().default("127.0.0.1"),
  /** A Unix socket to listen at, in place of a port. */
  path: z.string().optional(),
  /** Who may connect, by bearer token. */
  tokens: z
    .record(
      z.string().regex(/^\S{16,}$/, "a token has 16 characters or more, and no spaces"),
      z.strictObject({ id: z.string(), roles: z.array(role) }),
    )
    .optional() as unknown as z.ZodOptional<z.ZodType<Tokens>>,
  /** Tells who asks for a connection, in place of `tokens`; `undefined` for nobody who may. */
  authenticate: z
    .custom<Authenticate>((value) => typeof value === "function", "expected a function")
    .optional(),
  /** Origins of pages whose scripts may connect. Default: none. */
  origins: z.array(z.string()).default([]),
  /**
   * Names and addresses, without ports, under which clients may ask for it. Default: any where there is authentication, otherwise
   * those of this machine.
   */
  hosts: z.array(z.string()).optional(),
  /** Options of Node's TLS server, with `key` and `cert`. */
  tls: z.record(z.string(), z.unknown()).optional(),
  /** Lets it listen for other machines without `tls`, where something else encrypts, such as a proxy. */
  allowInsecure: z.boolean().default(false),
  /** How records are written that leave this process: `json` is what people can read, `msgpack` takes less. Both are read. */
  codec: z.enum(["msgpack", "json"]).default("msgpack"),
  maxConnections: count.default(1000),
  maxConnectionsPerAddress: count.default(20),
  maxConnectionsPerPrincipal: count.default(8),
  /** Messages that a name of the job channel holds unsettled before senders wait. */
  mailboxCapacity: count.default(1024),
  /** The same in bytes; the largest message, and all notes of a name, have so many at most. A quarter of `maxBodyBytes` at most. */
  mailboxBytes: count.default(16 * 1024 * 1024),
  /** Bytes of the messages and notes of one principal there; more are refused. */
  channelBytes: count.default(256 * 1024 * 1024),
  /** How long what is there for a name that nobody holds is kept; what is for the manager is kept until it comes. */
  mailboxTtlMs: ms.default(300_000),
  /** How long who holds a name there may be without a connection before it is free. */
  leaseMs: ms.default(15_000),
  maxSessions: count.default(1000),
  maxSessionsPerPrincipal: count.default(32),
  /** Of a principal that is neither a worker nor a manager; twice as many at once. Of anybody: those that ask for a sign of life. */
  maxMessagesPerSecond: count.default(200),
  /** Requests and all else in these messages; twice as many at once. */
  maxFramesPerSecond: count.default(2000),
  /** Bytes that may wait for one client before its session ends. */
  maxBacklogBytes: count.default(128 * 1024 * 1024),
  /** Queues in all; one that was never used is forgotten when nobody has it any more. */
  maxQueues: count.default(100_000),
  maxLinks: count.default(1024),
  maxRequests: count.default(1024),
  /** Bytes of the largest frame, which bounds the largest record. */
  maxFrameBytes: z
    .int()
    .min(4096)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
  /** Bytes of the largest request, or unit of work, which come in parts. */
  maxBodyBytes: z
    .int()
    .min(4096)
    .default(64 * 1024 * 1024),
  /** The same, of a principal that is neither a worker nor a manager. */
  maxGuestBodyBytes: z
    .int()
    .min(4096)
    .default(1024 * 1024),
  helloTimeoutMs: ms.default(5000),
  /** How long the headers of a request may take, and then to tell whose they are. */
  headersTimeoutMs: ms.default(5000),
  /** How often a sign of life is asked for where nothing comes; one that gives none is dead after 2.5 of them. */
  heartbeatMs: ms.default(8000),
  /** How long a client may be without a connection before what it has is given up. */
  sessionTtlMs: ms.default(60_000),
});

/** Options of a hub, with their defaults. */
export type HubOptions = z.input<typeof hubSchema>;

/** The same, filled in. */
export type FullHubOptions = z.output<typeof hubSchema>;

/** Options of a client of a hub. */
export const clientSchema = z.strictObject({
  /** `ws://` or `wss://` of the hub. */
  url: z.string().regex(/^wss?(\+unix)?:/, "expected a ws: or wss: URL"),
  /** Bearer token, or what answers the present one for each connection; goes into a header, and into no log and no error. */
  token: z
    .custom<Token>((value) => ["string", "function"].includes(typeof value), "expected a text or a function")
    .optional(),
  /** Options of Node's TLS, such as `ca`. */
  tls: z.record(z.string(), z.unknown()).optional(),
  /** Lets a token go over `ws:` to another machine, where something else encrypts. */
  allowInsecure: z.boolean().default(false),
  /** How records are written that leave this process: `json` is what people can read, `msgpack` takes less. Both are read. */
  codec: z.enum(["msgpack", "json"]).default("msgpack"),
  /** Bytes of the largest message that is taken. */
  maxMessageBytes: z
    .int()
    .min(4096)
    .default(2 * 1024 * 1024),
  /** Bytes of the largest answer, which comes in parts. */
  maxBodyBytes: z
    .int()
    .min(4096)
    .default(64 * 1024 * 1024),
  heartbeatMs: ms.default(8000),
  handshakeTimeoutMs: ms.default(10_000),
  /** Longest pause between attempts to connect. */
  maxPauseMs: ms.default(30_000),
  /** How long the hub may be away before what waits for it fails with `QUEUE_UNAVAILABLE` or `HUB_UNAVAILABLE`. */
  outageTimeoutMs: ms.default(60_000),
});

/** Options of a client of a hub, with their defaults. */
export type ClientOptions = z.input<typeof clientSchema>;

/** The same, filled in. */
export type FullClientOptions = z.output<typeof clientSchema>;
