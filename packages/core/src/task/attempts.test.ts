import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { boom, FakeOperator, GatedOperator } from "../../test-support/fake-operator.ts";
import { createRunnerScope, type RunnerSetup } from "../../test-support/runner-harness.ts";
import type { StepContext } from "../operator/step-context.ts";
import { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { StateTable } from "../state/state-table.ts";
import { type Attempt, attemptRecord, type FirstAnswer, type Verdict } from "./attempts.ts";

/** Attempts at one record of a batch, and how they came out. */
function setUp(operator: FakeOperator, setup: RunnerSetup = {}) {
  const parts = createRunnerScope(operator, setup);
  const { scope, out, clock } = parts;
  const batch = new Batch(3, 40, ["r"], ["k"], [{ trace: "t" }]);
  const progress = { attempt: 1, retryAt: undefined };
  const record: Attempt = { batch, index: 0, input: 0, out, progress };
  let verdict: Verdict | undefined;
  const begin = async (first?: FirstAnswer) => {
    void attemptRecord(scope, record, scope.cursor.ctx, first).then((answer) => {
      verdict = answer;
    });
    await tick();
  };
  const passed = async (ms: number) => {
    clock.advance(ms);
    await tick();
  };
  const tries = () => operator.calls.filter((call) => call === "record r").length;
  return { ...parts, record, begin, passed, tries, verdict: () => verdict };
}

/** Makes an operator count its records in a table of state. */
function counting(operator: FakeOperator) {
  const table = new StateTable("counts", new Map());
  const count = (ctx: StepContext) => ctx.cells.read(table, undefined) as number | undefined;
  const { apply } = operator;
  operator.apply = (answer, record, out) => {
    record.ctx.cells.write(table, undefined, (count(record.ctx) ?? 0) + 1);
    return apply.call(operator, answer, record, out);
  };
  return { table, count };
}

function failing(times: number) {
  const operator = new FakeOperator();
  let failures = 0;
  operator.onRecord = (record) => {
    if (failures++ < times) throw boom;
    return record;
  };
  return operator;
}

describe("attempts at a record", () => {
  test("end with the first one that succeeds, whose outputs have the record's key and headers", async () => {
    const { begin, verdict, out, tries } = setUp(failing(0), { onError: { retry: 5 } });
    await begin();

    expect([verdict(), tries()]).toEqual([{ filtered: false }, 1]);
    expect([out.payloads, out.keys, out.headers]).toEqual([["r"], ["k"], [{ trace: "t" }]]);
  });

  test("are as many as the policy says, with the waits that it says", async () => {
    const { begin, passed, verdict, tries, record } = setUp(failing(9), {
      onError: { retry: { attempts: 3, initialMs: 10, factor: 3 } },
    });
    await begin();
    expect([tries(), record.progress]).toEqual([1, { attempt: 2, retryAt: 10 }]);
    await passed(9);
    expect(tries()).toBe(1);
    await passed(1);
    expect([tries(), record.progress]).toEqual([2, { attempt: 3, retryAt: 40 }]);
    await passed(30);

    expect([tries(), verdict()]).toEqual([3, { error: boom, attempt: 3 }]);
  });

  test("count the first answer that came before", async () => {
    const { begin, passed, verdict, tries } = setUp(failing(9), {
      onError: { retry: { attempts: 2, initialMs: 10 } },
    });
    await begin({ error: boom });
    expect(tries()).toBe(0);
    await passed(10);

    expect([tries(), verdict()]).toEqual([1, { error: boom, attempt: 2 }]);
  });

  test("take a first answer's promise for the first attempt", async () => {
    const { begin, verdict, tries, out } = setUp(failing(0));
    await begin({ answer: Promise.resolve("answer") });

    expect([verdict(), tries(), out.payloads]).toEqual([{ filtered: false }, 0, ["answer"]]);
  });

  test("end at an error that is not worth another one", async () => {
    const { begin, verdict, tries } = setUp(failing(9), {
      onError: { retry: { attempts: 5, retryable: (error) => error !== boom } },
    });
    await begin();

    expect([tries(), verdict()]).toEqual([1, { error: boom, attempt: 1 }]);
  });

  test("leave nothing of a failed one behind: not even what could not be routed", async () => {
    let refusals = 0;
    const select = () => (refusals++ === 0 ? 9 : 0);
    const operator = failing(0);
    const { table, count } = counting(operator);
    const onError = { retry: { attempts: 2, initialMs: 10 } };
    const { begin, passed, out, verdict, cursor } = setUp(operator, { select, onError });
    await begin();
    expect([out.payloads, count(cursor.ctx)]).toEqual([[], undefined]);
    await passed(10);

    expect([out.payloads, out.routes?.length, verdict()]).toEqual([["r"], 1, { filtered: false }]);
    expect([count(cursor.ctx), table.changed]).toEqual([1, false]);
  });

  test("end as cancelled when the task gives up during a wait, with no other one", async () => {
    const { begin, abort, passed, verdict, tries, clock } = setUp(failing(9), { onError: { retry: 3 } });
    await begin();
    abort.abort(new Error("enough"));
    await tick();
    expect([verdict(), clock.timers]).toEqual(["cancelled", 0]);

    await passed(100_000);
    expect(tries()).toBe(1);
  });

  test("end as cancelled when the task gives up while the function runs, whatever it answers", async () => {
    const operator = new GatedOperator();
    const { begin, abort, verdict, out } = setUp(operator);
    await begin();
    abort.abort();
    await operator.release("r", "fail");

    expect([verdict(), out.payloads]).toEqual(["cancelled", []]);
  });
});

describe("a time limit", () => {
  test("fires the record's own signal and fails the attempt, and a late answer is ignored", async () => {
    const operator = new GatedOperator();
    const { begin, passed, verdict, out, abort } = setUp(operator, { timeoutMs: 50 });
    await begin();
    const signal = operator.flying.get("r")?.signal as AbortSignal;
    await passed(49);
    expect([signal.aborted, verdict()]).toEqual([false, undefined]);

    await passed(1);
    const error = expect.objectContaining({
      code: "RECORD_TIMEOUT",
      details: { node: "map-2#0", position: "3:40", timeoutMs: 50 },
    });
    expect([signal.reason, verdict()]).toEqual([error, { error, attempt: 1 }]);
    expect(abort.signal.aborted).toBe(false);
    await operator.release("r");
    expect(out.payloads).toEqual([]);
  });

  test("lets an attempt that is late change nothing, and one that is in time what it did", async () => {
    const operator = new GatedOperator();
    const { count } = counting(operator);
    let late: Promise<unknown> | undefined;
    const { invoke } = operator;
    operator.invoke = (record) => {
      const answer = invoke.call(operator, record) as Promise<unknown>;
      late = answer.then(() => operator.apply("late", record, new RecordBuffer()));
      operator.invoke = invoke;
      return answer;
    };
    const onError = { retry: { attempts: 2, initialMs: 10 } };
    const { begin, passed, cursor, verdict } = setUp(operator, { timeoutMs: 50, onError });
    await begin();
    const first = operator.flying.get("r");
    await passed(50);
    await passed(10);
    first?.end("ok");
    expect([await late, count(cursor.ctx)]).toEqual([false, undefined]);

    await operator.release("r");
    expect([verdict(), count(cursor.ctx)]).toEqual([{ filtered: false }, 1]);
  });

  test("holds for each attempt anew, with a signal of its own", async () => {
    const operator = new GatedOperator();
    const { begin, passed, verdict, out } = setUp(operator, {
      timeoutMs: 50,
      onError: { retry: { attempts: 2, initialMs: 10 } },
    });
    await begin();
    const first = operator.flying.get("r")?.signal;
    await passed(50);
    await passed(10);
    const second = operator.flying.get("r")?.signal;
    expect([first?.aborted, second?.aborted]).toEqual([true, false]);
    await passed(49);
    await operator.release("r");

    expect([verdict(), out.payloads]).toEqual([{ filtered: false }, ["r"]]);
  });

  test("leaves no timer and no listener when the function is in time", async () => {
    const operator = new GatedOperator();
    const { begin, verdict, clock } = setUp(operator, { timeoutMs: 50 });
    await begin();
    await operator.release("r");

    expect([verdict(), clock.timers]).toEqual([{ filtered: false }, 0]);
  });

  test("is none for a function that answers at once", async () => {
    const { begin, verdict, clock } = setUp(failing(0), { timeoutMs: 50 });
    await begin();

    expect([verdict(), clock.timers]).toEqual([{ filtered: false }, 0]);
  });

  test("does not keep a task that gives up waiting, and passes the reason on", async () => {
    const operator = new GatedOperator();
    const { begin, abort, verdict, clock } = setUp(operator, { timeoutMs: 50 });
    await begin();
    const signal = operator.flying.get("r")?.signal;
    abort.abort(boom);
    await tick();

    expect([verdict(), signal?.reason, clock.timers]).toEqual(["cancelled", boom, 0]);
  });
});
