import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ErrorCode, type ErrorFacts, errorCatalog } from "./catalog.ts";
import type { ErrorKind } from "./error-kind.ts";
import { SageError } from "./sage-error.ts";

const kinds: Record<ErrorKind, true> = {
  usage: true,
  unavailable: true,
  full: true,
  closed: true,
  timeout: true,
  cancelled: true,
  failed: true,
  protocol: true,
  internal: true,
};

/** One set of facts per code, each with a word that the message must repeat. */
const facts: { readonly [C in ErrorCode]: ErrorFacts<C> } = {
  GRAPH_INVALID: {
    pipeline: "fact1",
    problems: [{ node: "fact2", reason: "fact3", message: "fact4", remedy: "fact5" }],
  },
  DELIVERY_UNAVAILABLE: {
    pipeline: "fact1",
    level: "fact6",
    problems: [{ node: "fact2", reason: "fact3", message: "fact4", remedy: "fact5" }],
  },
  INVALID_OPTION: { path: "fact1", problem: "fact2", expected: "fact3" },
  INVALID_SOURCE: { step: "fact1", got: "fact2" },
  SOURCE_CONSUMED: { step: "fact1" },
  MISSING_ADAPTER: { tokens: ["fact1", "fact2"] },
  DUPLICATE_DRIVER: { driver: "fact1" },
  UNKNOWN_DESCRIPTOR_KIND: { descriptor: "fact1", known: ["fact2", "fact3"] },
  INVALID_DESCRIPTOR: { path: "fact1", problem: "fact2" },
  DESCRIPTOR_CONFLICT: { queue: "fact1", field: "fact2" },
  QUEUE_CLOSED: { queue: "fact1" },
  INVALID_KEY: { got: "fact1" },
  MISSING_KEY: { step: "fact1" },
  INVALID_ROUTE: { step: "fact1", answer: "fact2", targets: 7341 },
  INVALID_RESULT: { step: "fact1", expected: "fact2", got: "fact3" },
  NOT_SERIALIZABLE: { path: "fact1", got: "fact2" },
  STATE_INVALID: { name: "fact1", path: "fact2", got: "fact3" },
  STATE_UNAVAILABLE: { step: "fact1", problem: "fact2" },
  RECORD_TIMEOUT: { node: "fact1", position: "fact2", timeoutMs: 7341 },
  LOOP_OVERFLOW: { loop: "fact1", node: "fact2", limit: 7341 },
  OPERATOR_FAILED: { node: "fact1", phase: "fact2", position: "fact3", reason: "fact4" },
  RESTARTS_EXHAUSTED: { node: "fact1", strategy: "fact2", reason: "fact3" },
  DEAD_LETTERS_FULL: { job: "fact1", capacity: 7341 },
  REDRIVE_REFUSED: { job: "fact1", letter: "fact2", problem: "fact3" },
  PROTOCOL_VIOLATION: { node: "fact1", channel: 7341, problem: "fact2" },
  COMMIT_MISMATCH: { node: "fact1", sequence: 7341 },
  COMMIT_UNANSWERED: { node: "fact1", reason: "fact2" },
  FENCED: { node: "fact1", epoch: 7341 },
  INPUT_VANISHED: { node: "fact1" },
  LEDGER_UNBALANCED: { job: "fact1", problems: ["fact2", "fact3"] },
  SNAPSHOT_REFUSED: { job: "fact1", problem: "fact2" },
  SNAPSHOT_MISMATCH: {
    pipeline: "fact1",
    problems: [{ node: "fact2", reason: "fact3", message: "fact4", remedy: "fact5" }],
  },
  SNAPSHOT_INVALID: { path: "fact1", problem: "fact2" },
  JOB_NOT_FOUND: { job: "fact1" },
  STOP_TIMEOUT: { job: "fact1", timeoutMs: 7341, drain: true, blocked: ["fact2", "fact3"] },
  SERVICE_NOT_FOUND: { service: "fact1", known: ["fact2", "fact3"] },
  SERVICE_AMBIGUOUS: { service: "fact1", jobs: ["fact2", "fact3"] },
  SERVICE_METHOD_NOT_FOUND: { service: "fact1", method: "fact2", known: ["fact3", "fact4"] },
  SERVICE_TIMEOUT: { service: "fact1", method: "fact2", timeoutMs: 7341 },
  SERVICE_CANCELLED: { service: "fact1", method: "fact2" },
  SERVICE_NO_REPLY: { service: "fact1", node: "fact2", why: "fact3" },
  SERVICE_RECORD_FAILED: { service: "fact1", node: "fact2", reason: "fact3" },
  SERVICE_FULL: { service: "fact1", capacity: 7341 },
  SERVICE_CALL_CYCLE: { service: "fact1", chain: ["fact2", "fact3"] },
  SERVICE_UNAVAILABLE: { service: "fact1", method: "fact2", reason: "fact3", maybeExecuted: true },
  IDEMPOTENCY_CONFLICT: { key: "fact1", method: "fact2" },
  SERVICE_START_FAILED: { service: "fact1", phase: "fact2", reason: "fact3" },
  SERVICE_MESSAGE_INVALID: { path: "fact1", problem: "fact2" },
  CIRCUIT_OPEN: { service: "fact1", failures: 7341, retryInMs: 7342 },
  BULKHEAD_FULL: { service: "fact1", limit: 7341 },
  NO_RUNTIME_CONTEXT: { operation: "fact1" },
  RUNTIME_CLOSED: { operation: "fact1" },
  CANCELLED: { what: "fact1" },
  JOB_UNKNOWN: { name: "fact1", known: ["fact2", "fact3"] },
  JOB_PARAMS_INVALID: { name: "fact1", problems: ["fact2", "fact3"] },
  SUBMISSION_CONFLICT: { submissionKey: "fact1", name: "fact2", job: "fact3" },
  FORBIDDEN: { operation: "fact1", principal: "fact2", role: "fact3" },
  HUB_UNAVAILABLE: { hub: "fact1", problem: "fact2", waitedMs: 7341 },
  HUB_REFUSED: { hub: "fact1", problem: "fact2" },
  QUEUE_UNAVAILABLE: { queue: "fact1", problem: "fact2" },
  SEAT_LOST: { seat: "fact1", epoch: 7341, why: "fact2" },
  CHANNEL_CLOSED: { operation: "fact1" },
  WORKER_LOST: { worker: "fact1", why: "fact2" },
  NO_WORKER: { node: "fact1", name: "fact2", timeoutMs: 7341, workers: ["fact3"] },
  JOB_VERSION_MISMATCH: { name: "fact1", worker: "fact2", digest: "fact3", expected: "fact4" },
  JOB_MANAGER_SILENT: { operation: "fact1", timeoutMs: 7341, submissionKey: "fact2" },
  JOB_MANAGER_BUSY: { limit: 7341 },
  STORE_UNAVAILABLE: { store: "fact1", problem: "fact2", waitedMs: 7341 },
  STORE_REFUSED: { store: "fact1", command: "fact2", message: "fact3" },
  STORE_UNSUITABLE: { store: "fact1", problem: "fact2", remedy: "fact3" },
  STORE_TORN: { store: "fact1", what: "fact2" },
  STORE_ROLLED_BACK: { store: "fact1" },
  INPUT_NOT_REPLAYABLE: { node: "fact1", kept: 11, wanted: 12 },
  JOB_CHANGED: {
    job: "fact1",
    problems: [{ node: "fact2", reason: "fact3", message: "fact4", remedy: "fact5" }],
  },
  STREAM_TRIMMED: { stream: "fact1", behind: "fact2", entries: 7341 },
  STREAM_WRITER_REPLACED: { stream: "fact1", writer: "fact2" },
  STREAM_STAGING_LOST: { stream: "fact1", transaction: "fact2" },
  ENTRY_UNREADABLE: { queue: "fact1", problem: "fact2" },
  NOT_JSON: { path: "fact1", got: "fact2" },
  CONTROL_MESSAGE_INVALID: { path: "fact1", problem: "fact2" },
  ILLEGAL_STATE: { what: "fact1", from: "fact2", to: "fact3" },
  FOREIGN: { name: "fact1", message: "fact2" },
};
const codes = Object.keys(errorCatalog) as ErrorCode[];

/** Every string and number among the facts; a flag chooses the sentence instead of standing in it. */
function words(value: unknown): string[] {
  if (typeof value === "boolean") return [];
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(words);
  return [String(value)];
}

describe("the error catalog", () => {
  test.each(codes)("%s tells every one of its facts in its message", (code) => {
    const { message } = new SageError(code, facts[code]);

    for (const word of words(facts[code])) expect(message).toContain(word);
  });

  test.each(codes)("%s keeps its facts as JSON details", (code) => {
    const { details } = new SageError(code, facts[code]);

    expect(JSON.parse(JSON.stringify(details))).toEqual(facts[code]);
  });

  test.each(codes)("%s has a kind of the closed set", (code) => {
    const error = new SageError(code, facts[code]);

    expect(kinds).toHaveProperty(error.kind);
    expect(error.kind).toBe(errorCatalog[code].kind);
  });

  test("no message has an undefined or an object in it", () => {
    const messages = codes.map((code) => new SageError(code, facts[code]).message);

    for (const message of messages) expect(message).not.toMatch(/undefined|\[object|NaN/);
  });

  test("one problem is told in the singular, several each on a line of its own", () => {
    const problem = { node: "a", reason: "R", message: "M.", remedy: "Do." };
    const one = new SageError("GRAPH_INVALID", { pipeline: "p", problems: [problem] });
    const two = new SageError("GRAPH_INVALID", { pipeline: "p", problems: [problem, problem] });

    expect(one.message).toContain("(1 problem)");
    expect(one.message.split("\n")).toHaveLength(2);
    expect(two.message).toContain("(2 problems)");
    expect(two.message.split("\n")).toHaveLength(3);
  });

  test("a stop that took too long says what to do next, which depends on whether it drains", () => {
    const draining = new SageError("STOP_TIMEOUT", facts.STOP_TIMEOUT);
    const cancelling = new SageError("STOP_TIMEOUT", { ...facts.STOP_TIMEOUT, drain: false });

    expect(draining.message).toContain("stop({ drain: false })");
    expect(cancelling.message).toContain("ctx.signal");
    expect(cancelling.message).not.toContain("drain");
  });

  test("a failure without a position does not mention one", () => {
    const error = new SageError("OPERATOR_FAILED", { node: "n", phase: "open", reason: "r" });

    expect(error.message).toBe('Task "n" failed in open: r');
  });
});

describe("docs/errors.md", () => {
  test.each(codes)("has a heading for %s", (code) => {
    const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");

    expect(page).toMatch(new RegExp(`^#{2,4} .*\\b${code}\\b`, "m"));
  });
});
