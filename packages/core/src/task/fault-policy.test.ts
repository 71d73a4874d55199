import { describe, expect, test } from "vitest";
import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { LogFields, Logger, LogMessage } from "../host/logger.port.ts";
import type { Random } from "../host/random.port.ts";
import { Batch } from "../packet/batch.ts";
import { TaskLedger } from "../state/ledger.ts";
import { CrashCounts } from "./crash-counts.ts";
import { FaultPolicy } from "./fault-policy.ts";
import { faultRules, type OnError } from "./on-error.ts";
import { TaskStats } from "./task-stats.ts";

function setUp(onError: OnError, streamed = false) {
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const log = {
    debug: () => undefined,
    warn: (message: LogMessage, fields?: LogFields) =>
      lines.push({ message: typeof message === "string" ? message : message(), fields }),
  } as unknown as Logger;
  const ledger = new TaskLedger();
  const clock = { now: () => 1234 } as Clock;
  const stats = new TaskStats();
  const random = { next: () => 0.5 } as Random;
  const rules = faultRules(onError);
  const crashes = new CrashCounts();
  const faults = new FaultPolicy({
    ...{ node: "map-2#1", rules, ledger, stats, clock, random, log, streamed, crashes },
  });
  return { faults, crashes, ledger, lines, errors: () => stats.toJSON().errors };
}

const batch = new Batch(
  5,
  100,
  [{ n: 0 }, { n: 1 }, { n: 2 }],
  ["a", null, "c"],
  [undefined, { trace: "t" }, undefined],
);
const boom = new RangeError("boom");

describe("onError fail", () => {
  test("throws with node, position and the user's error as cause", () => {
    const { faults, ledger, lines } = setUp("fail");
    const thrown = (() => {
      try {
        faults.settle(batch, 2, boom, 1);
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

    faults.settle(batch, 1, boom, 1);

    expect([ledger.skipped, ledger.deadLettered, ledger.processed]).toEqual([1, 0, 0]);
    expect(faults.take()).toEqual([]);
    expect(lines).toEqual([
      {
        message: "Record 5:101 failed: RangeError: boom",
        fields: { node: "map-2#1", position: "5:101", attempt: 1, onError: "skip", error: boom },
      },
    ]);
  });
});

describe("onError deadLetter", () => {
  test("does not warn of a record whose dead letter a stream takes", () => {
    const { faults, lines } = setUp("deadLetter", true);

    faults.settle(batch, 1, boom, 1);

    expect(faults.take()).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  test("keeps the record with everything about its failure", () => {
    const { faults, ledger, lines } = setUp("deadLetter");

    faults.settle(batch, 1, boom, 1);

    expect([ledger.skipped, ledger.deadLettered, lines.length]).toEqual([0, 1, 1]);
    expect(faults.take()).toEqual([
      {
        id: "map-2#1/5:101",
        record: { n: 1 },
        reason: "failed",
        error: { name: "RangeError", message: "boom", stack: boom.stack },
        node: "map-2#1",
        key: null,
        headers: { trace: "t" },
        channel: 5,
        seq: 101,
        attempt: 1,
        time: 1234,
      },
    ]);
  });

  test("hands its letters over once, oldest first", () => {
    const { faults } = setUp("deadLetter");
    faults.settle(batch, 0, boom, 1);
    faults.settle(batch, 2, boom, 1);

    expect(faults.take().map(({ seq }) => seq)).toEqual([100, 102]);
    expect(faults.take()).toEqual([]);
    faults.settle(batch, 1, boom, 1);
    expect(faults.take().map(({ seq }) => seq)).toEqual([101]);
  });

  test("has neither key nor headers for a record of a stream without them", () => {
    const { faults } = setUp("deadLetter");
    faults.settle(new Batch(0, 0, ["x"]), 0, boom, 1);

    expect(faults.take()).toMatchObject([{ key: undefined, headers: undefined }]);
  });

  test.each([
    ["unroutable", new SageError("INVALID_ROUTE", { step: "s", answer: "9", targets: 2 })],
    ["unroutable", new SageError("MISSING_KEY", { step: "s" })],
    ["invalid", new SageError("INVALID_RESULT", { step: "s", expected: "a", got: "b" })],
    ["invalid", new SageError("INVALID_KEY", { got: "NaN" })],
    ["invalid", new SageError("NOT_SERIALIZABLE", { path: "record.f", got: "a function" })],
    ["failed", new SageError("RECORD_TIMEOUT", { node: "n", position: "0:0", timeoutMs: 5 })],
    ["failed", new SageError("QUEUE_CLOSED", { queue: "q" })],
    ["failed", "words"],
    ["failed", undefined],
  ])("names the reason %s", (reason, error) => {
    const { faults } = setUp("deadLetter");
    faults.settle(batch, 0, error, 1);

    expect(faults.take()[0]?.reason).toBe(reason);
  });
});

describe("onError restart", () => {
  test("fails with the record until it has brought the task down often enough, and then does the final thing", () => {
    const { faults, ledger } = setUp({ restarts: 2, onExhausted: "deadLetter" });
    const settle = () => faults.settle(batch, 1, boom, 1);
    expect(settle).toThrow(expect.objectContaining({ code: "OPERATOR_FAILED", cause: boom }));
    expect(settle).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ position: "5:101" }) }),
    );
    expect(ledger.deadLettered).toBe(0);

    settle();
    expect(faults.take()).toMatchObject([{ seq: 101, reason: "failed" }]);
  });

  test("counts for each record alone, and over the task's incarnations", () => {
    const { faults, crashes } = setUp({ restarts: 1, onExhausted: "skip" });
    crashes.add(5, 101);

    expect(() => faults.settle(batch, 0, boom, 1)).toThrow();
    expect(() => faults.settle(batch, 1, boom, 1)).not.toThrow();
  });

  test("tells the failure that restarts the task from the one that ends the job", () => {
    const { faults } = setUp({ restarts: 1, onExhausted: "fail" });
    const errors = [1, 2].map(() => {
      try {
        return faults.settle(batch, 0, boom, 1);
      } catch (error) {
        return error;
      }
    });

    expect(errors.map((error) => faults.isFinal(error))).toEqual([false, true]);
    expect([boom, undefined, "words"].map((error) => faults.isFinal(error))).toEqual([false, false, false]);
  });
});

describe("a failed attempt", () => {
  test("is counted by the code or name of its error, each time", () => {
    const { faults, errors } = setUp({ retry: 3 });
    const coded = Object.assign(new Error("no"), { code: "ENOENT" });
    for (const error of [boom, boom, coded, new SageError("INVALID_KEY", { got: "NaN" }), "words"]) {
      faults.retryAfter(error, 1);
    }

    expect(errors()).toEqual({ RangeError: 2, ENOENT: 1, INVALID_KEY: 1, NonError: 1 });
  });

  test("gets another one until there were as many as the policy says", () => {
    const { faults } = setUp({ retry: { attempts: 3, initialMs: 10 }, onExhausted: "skip" });

    expect([1, 2, 3, 4].map((attempt) => faults.retryAfter(boom, attempt))).toEqual([
      10,
      20,
      undefined,
      undefined,
    ]);
    expect(faults.mayRetry).toBe(true);
  });

  test("gets no other one without a retry policy", () => {
    const { faults } = setUp("skip");

    expect([faults.retryAfter(boom, 1), faults.mayRetry]).toEqual([undefined, false]);
  });

  test.each<[string, (error: unknown) => boolean]>([
    ["answers false", (error) => error !== boom],
    ["answers something truthy", () => "yes" as never],
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
  ])("gets no other one when retryable %s", (_, retryable) => {
    const { faults } = setUp({ retry: { attempts: 3, retryable } });

    expect(faults.retryAfter(boom, 1)).toBeUndefined();
  });

  test("gets another one when retryable says so of its error", () => {
    const { faults } = setUp({ retry: { attempts: 3, retryable: (error) => error === boom } });

    expect(faults.retryAfter(boom, 1)).toBe(100);
  });

  test("is the last one in the record's dead letter and in the log", () => {
    const { faults, lines } = setUp({ retry: 5, onExhausted: "deadLetter" });
    faults.settle(batch, 0, boom, 5);

    expect(faults.take()).toMatchObject([{ attempt: 5 }]);
    expect(lines).toMatchObject([{ fields: { attempt: 5, onError: "deadLetter" } }]);
  });
});

describe("a record that came too late", () => {
  test.each<OnError>(["fail", "skip", "deadLetter"])(
    "is a dead letter whatever the policy: %s",
    (onError) => {
      const { faults, ledger, lines } = setUp(onError);
      faults.late(batch, 2);

      expect(faults.pending).toBe(true);
      expect(faults.take()).toMatchObject([
        { record: { n: 2 }, reason: "late", seq: 102, error: { code: "ILLEGAL_STATE" } },
      ]);
      expect([ledger.deadLettered, lines.length, faults.pending]).toEqual([1, 1, false]);
    },
  );
});
