import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "../errors/json.ts";
import { hasCode } from "../errors/sage-error.ts";
import { isOfWorker, readAsk, readWorkerMessage, type WorkerBeat } from "./worker-message.ts";

const beat: WorkerBeat = {
  ...{ v: 1, kind: "beat", slots: 4, labels: ["gpu"], jobs: { census: "0123" }, leaving: false },
  runs: [{ run: "1.1", n: 0, outcome: { state: "completed" }, crashes: [[0, 1, 2]] }],
};

/** Reads something; what it throws must be an error that says what is wrong with the message. */
function read(reader: (body: JsonValue) => unknown, body: unknown): unknown {
  try {
    return reader(body as JsonValue);
  } catch (error) {
    if (hasCode(error, "CONTROL_MESSAGE_INVALID")) return "refused";
    throw error;
  }
}

describe("messages of workers", () => {
  test("are read as they were sent", () => {
    const news = { v: 1, kind: "news", runs: [], idle: ["1.1"], logs: [] };
    const answers = [
      { v: 1, kind: "answer", link: 1, ask: 3, ok: true, value: null },
      { v: 1, kind: "answer", link: 1, ask: 3, ok: false, error: { name: "Error", message: "no" } },
    ];
    for (const message of [beat, news, ...answers]) {
      expect(readWorkerMessage(message as unknown as JsonValue)).toEqual(message);
      expect(isOfWorker(message as unknown as JsonValue)).toBe(true);
    }
  });

  test.each([
    [{ ...beat, v: 2 }],
    [{ ...beat, slots: -1 }],
    [{ ...beat, labels: [""] }],
    [{ ...beat, more: true }],
    [{ ...beat, runs: [{ run: "", n: 0 }] }],
    [{ ...beat, runs: [{ run: "1.1", n: 0, outcome: { state: "failed" } }] }],
    [{ v: 1, kind: "news", runs: [] }],
    [{ v: 1, kind: "answer", ok: true }],
  ])("are refused where they are none: %#", (message) => {
    expect(read(readWorkerMessage, message)).toBe("refused");
  });

  test("are read or refused, whatever comes", () => {
    const near = fc.record(
      {
        v: fc.constant(1),
        kind: fc.constantFrom("beat", "news", "answer", "ask"),
        runs: fc.jsonValue(),
        ask: fc.jsonValue(),
        op: fc.string(),
        args: fc.jsonValue(),
      },
      { requiredKeys: ["v", "kind"] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), (body) => {
        read(readWorkerMessage, body);
        read(readAsk, body);
        isOfWorker(body as JsonValue);
      }),
    );
  });
});

describe("what is asked of workers", () => {
  const ask = (op: string, args: object): JsonValue =>
    ({ v: 1, kind: "ask", link: 1, ask: 7, answered: 6, op, args }) as unknown as JsonValue;
  const facts = {
    ...{ run: "1.1", job: "j", module: "m", digest: "d", params: null, shape: { version: 1 }, pass: "p" },
    services: [{ name: "s", methods: ["process"] }],
  };

  test("is read as it was sent", () => {
    for (const [op, args] of [
      ["welcome", {}],
      ["place", { ...facts, node: "map#0", crashes: [] }],
      ["placeService", { ...facts, service: "s", index: 0 }],
      ["abandon", { run: "1.1", error: { name: "Error", message: "no" } }],
      ["stopService", { run: "1.1", drain: true, graceMs: 0, handOver: false }],
      ["start", { run: "1.1" }],
    ] as const)
      expect(readAsk(ask(op, args))).toMatchObject({ op, args });
  });

  test.each([
    ["explode", { run: "1.1" }],
    ["start", {}],
    ["start", { run: "1.1", path: "../../etc" }],
    ["place", { ...facts, node: "map#0" }],
    ["place", { ...facts, node: "", crashes: [] }],
    ["placeService", { ...facts, service: "s", index: -1 }],
  ])("is refused where it is nothing to ask for: %s", (op, args) => {
    expect(read(readAsk, ask(op, args))).toBe("refused");
  });
});
