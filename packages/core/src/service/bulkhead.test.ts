import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { tick } from "../../test-support/fake-host.ts";
import { Bulkhead, type BulkheadOptions, bulkheadProblemOf } from "./bulkhead.ts";
import type { CallResult, OutgoingCall } from "./call-interceptor.ts";

const boom = new Error("boom");

/** Calls through a bulkhead, by name: which have begun, in their order, and how each ended. */
function setUp(options: BulkheadOptions) {
  const bulkhead = new Bulkhead(options);
  const begun: string[] = [];
  const ends: Record<string, unknown> = {};
  const gates = new Map<string, { ok(): void; fail(): void }>();
  const aborts = new Map<string, AbortController>();
  const call = async (name: string, abort = new AbortController()) => {
    aborts.set(name, abort);
    const { signal } = abort;
    const facts = { args: [], deadline: 1000, timeoutMs: 1000, idempotent: false };
    const next = ({ method }: OutgoingCall) =>
      new Promise<CallResult>((resolve, reject) => {
        begun.push(method);
        gates.set(method, { ok: () => resolve({ value: `ok ${method}` }), fail: () => reject(boom) });
      });
    bulkhead.intercept({ ...facts, service: "s", method: name, signal }, next).then(
      ({ value }) => (ends[name] = value),
      (error) => (ends[name] = error),
    );
    await tick();
  };
  const end = async (name: string, how: "ok" | "fail" = "ok") => {
    gates.get(name)?.[how]();
    await tick();
  };
  const cancel = async (name: string) => {
    aborts.get(name)?.abort(boom);
    await tick();
  };
  const counts = () => [bulkhead.inFlight, bulkhead.waiting];
  const listeners = () =>
    [...aborts.values()].reduce((sum, { signal }) => sum + getEventListeners(signal, "abort").length, 0);
  return { bulkhead, call, end, cancel, begun, ends, counts, listeners };
}

describe("a bulkhead", () => {
  test("lets calls through up to its limit, and the next one when one has ended", async () => {
    const { call, end, begun, ends, counts } = setUp({ limit: 2 });
    for (const name of ["a", "b", "c"]) await call(name);
    expect([begun, counts()]).toEqual([
      ["a", "b"],
      [2, 1],
    ]);

    await end("b");
    expect([begun, counts(), ends]).toEqual([["a", "b", "c"], [2, 0], { b: "ok b" }]);
  });

  test("hands the place of a failed call on too, and the error to its caller", async () => {
    const { call, end, begun, ends } = setUp({ limit: 1 });
    for (const name of ["a", "b"]) await call(name);
    await end("a", "fail");

    expect([begun, ends]).toEqual([["a", "b"], { a: boom }]);
  });

  test("hands the place of a call on that throws at once", async () => {
    const { bulkhead, call, end, begun } = setUp({ limit: 1 });
    await call("a");
    const facts = { service: "s", method: "m", args: [], deadline: 1000, timeoutMs: 1000, idempotent: false };
    const thrown = bulkhead.intercept({ ...facts, signal: new AbortController().signal }, () => {
      throw boom;
    });
    const refused = expect(thrown).rejects.toBe(boom);
    await call("b");
    await end("a");

    await refused;
    expect(begun).toEqual(["a", "b"]);
  });

  test("lets those that wait go in the order in which they came", async () => {
    const { call, end, begun } = setUp({ limit: 1 });
    for (const name of ["a", "b", "c"]) await call(name);
    await end("a");
    await call("d");
    for (const name of ["b", "c"]) await end(name);

    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  test("lets a newcomer pass nobody, not even one whose place is just free", async () => {
    const { bulkhead, call, end, begun } = setUp({ limit: 1 });
    for (const name of ["a", "b"]) await call(name);
    void end("a");
    for (let turn = 0; turn < 10 && bulkhead.waiting > 0; turn++) await Promise.resolve();
    await call("c");

    expect([begun, bulkhead.waiting]).toEqual([["a", "b"], 1]);
  });

  test("lets a call leave the line with its signal, which throws its reason and gives no place away", async () => {
    const { call, end, cancel, begun, ends, counts, listeners } = setUp({ limit: 1 });
    for (const name of ["a", "b", "c"]) await call(name);
    await cancel("b");
    expect([ends, counts(), listeners()]).toEqual([{ b: boom }, [1, 1], 1]);

    await end("a");
    expect([begun, counts(), listeners()]).toEqual([["a", "c"], [1, 0], 0]);
  });

  test("does not begin a call whose signal has fired already", async () => {
    const { call, begun, ends, counts } = setUp({ limit: 1 });
    const abort = new AbortController();
    abort.abort(boom);
    await call("a", abort);

    expect([begun, ends, counts()]).toEqual([[], { a: boom }, [0, 0]]);
  });

  test("keeps the place of a call that was cancelled in flight until it has ended", async () => {
    const { call, cancel, end, begun } = setUp({ limit: 1 });
    for (const name of ["a", "b"]) await call(name);
    await cancel("a");
    expect(begun).toEqual(["a"]);

    await end("a", "fail");
    expect(begun).toEqual(["a", "b"]);
  });

  test("refuses what is beyond its limit, where calls do not wait", async () => {
    const { call, end, begun, ends, counts } = setUp({ limit: 1, overflow: "reject" });
    for (const name of ["a", "b"]) await call(name);
    const full = { code: "BULKHEAD_FULL", kind: "full", details: { service: "s", limit: 1 } };
    expect([ends.b, counts()]).toEqual([expect.objectContaining(full), [1, 0]]);

    await end("a");
    await call("c");
    expect(begun).toEqual(["a", "c"]);
  });
});

describe("the options of a bulkhead", () => {
  test("are in order with a limit of 1 and more, and either overflow", () => {
    for (const options of [{ limit: 1 }, { limit: 9, overflow: "wait" }, { limit: 9, overflow: "reject" }])
      expect(bulkheadProblemOf(options)).toBeUndefined();
  });

  test.each([
    [undefined, "is no object"],
    [{}, 'has no whole number in "limit"'],
    [{ limit: 0 }, 'has no whole number in "limit"'],
    [{ limit: 1.5 }, 'has no whole number in "limit"'],
    [{ limit: "3" }, 'has no whole number in "limit"'],
    [{ limit: 1, overflow: "drop" }, 'has no "wait" or "reject" in "overflow"'],
    [{ limit: 1, max: 2 }, 'has an unknown option "max"'],
  ])("are refused as %j, with what is wrong", (options, problem) => {
    expect(bulkheadProblemOf(options)).toBe(problem);
    expect(failureOf(() => new Bulkhead(options as BulkheadOptions))).toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "bulkhead", problem },
    });
  });
});
