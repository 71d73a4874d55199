import { describe, expect, test } from "vitest";
import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { LogFields, Logger, LogMessage } from "../host/logger.port.ts";
import { Batch } from "../packet/batch.ts";
import { TaskLedger } from "../state/ledger.ts";
import { FaultPolicy, type OnError } from "./fault-policy.ts";

function setUp(onError: OnError) {
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const log = {
    warn: (message: LogMessage, fields?: LogFields) =>
      lines.push({ message: typeof message === "string" ? message : message(), fields }),
  } as unknown as Logger;
  const ledger = new TaskLedger();
  const clock = { now: () => 1234 } as Clock;
  return { faults: new FaultPolicy({ node: "map-2#1", onError, ledger, clock, log }), ledger, lines };
}

const batch = new Batch(5, 100, [{ n: 0 }, { n: 1 }, { n: 2 }], ["a", null, "c"]);
const boom = new RangeError("boom");

describe("onError fail", () => {
  test("throws with node, position and the user's error as cause", () => {
    const { faults, ledger, lines } = setUp("fail");
    const thrown = (() => {
      try {
        faults.handle(batch, 2, boom);
      } catch (error) {
        return error;
      }
    })();

    expect(thrown).toMatchObject({
      code: "OPERATOR_FAILED",
      details: { node: "map-2#1", phase: "execute", position: "5:102", reason: "RangeError: boom" },
      cause: boom,
    });
    expect([ledger.skipped, ledger.deadLettered, lines.length, faults.take().length]).toEqual([0, 0, 0, 0]);
  });
});

describe("onError skip", () => {
  test("counts the record as skipped and logs it once, with position and error", () => {
    const { faults, ledger, lines } = setUp("skip");

    faults.handle(batch, 1, boom);

    expect([ledger.skipped, ledger.deadLettered, ledger.processed]).toEqual([1, 0, 0]);
    expect(faults.take()).toEqual([]);
    expect(lines).toEqual([
      {
        message: "Record 5:101 failed: RangeError: boom",
        fields: { node: "map-2#1", position: "5:101", onError: "skip", error: boom },
      },
    ]);
  });
});

describe("onError deadLetter", () => {
  test("keeps the record with everything about its failure", () => {
    const { faults, ledger, lines } = setUp("deadLetter");

    faults.handle(batch, 1, boom);

    expect([ledger.skipped, ledger.deadLettered, lines.length]).toEqual([0, 1, 1]);
    expect(faults.take()).toEqual([
      {
        record: { n: 1 },
        reason: "failed",
        error: { name: "RangeError", message: "boom", stack: boom.stack },
        node: "map-2#1",
        key: null,
        channel: 5,
        seq: 101,
        attempt: 1,
        time: 1234,
      },
    ]);
  });

  test("hands its letters over once, oldest first", () => {
    const { faults } = setUp("deadLetter");
    faults.handle(batch, 0, boom);
    faults.handle(batch, 2, boom);

    expect(faults.take().map(({ seq }) => seq)).toEqual([100, 102]);
    expect(faults.take()).toEqual([]);
    faults.handle(batch, 1, boom);
    expect(faults.take().map(({ seq }) => seq)).toEqual([101]);
  });

  test("has no key for a record of a stream without keys", () => {
    const { faults } = setUp("deadLetter");
    faults.handle(new Batch(0, 0, ["x"]), 0, boom);

    expect(faults.take()[0]?.key).toBeUndefined();
  });

  test.each([
    ["unroutable", new SageError("INVALID_ROUTE", { step: "s", answer: "9", targets: 2 })],
    ["unroutable", new SageError("MISSING_KEY", { step: "s" })],
    ["invalid", new SageError("INVALID_RESULT", { step: "s", expected: "a", got: "b" })],
    ["invalid", new SageError("INVALID_KEY", { got: "NaN" })],
    ["failed", new SageError("QUEUE_CLOSED", { queue: "q" })],
    ["failed", "words"],
    ["failed", undefined],
  ])("names the reason %s", (reason, error) => {
    const { faults } = setUp("deadLetter");
    faults.handle(batch, 0, error);

    expect(faults.take()[0]?.reason).toBe(reason);
  });
});
