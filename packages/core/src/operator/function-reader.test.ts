import { describe, expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { createContext } from "../../test-support/step-context.ts";
import type { TaskContext } from "../context/task-context.ts";
import { FunctionReader } from "./function-reader.ts";
import { endOfSource } from "./source-function.ts";
import { instantiate } from "./step-code.ts";

/** A reader of a function that answers these in turn, and then nothing for now. */
function setUp(answers: readonly unknown[], onCall: (ctx: TaskContext) => unknown = () => undefined) {
  const { clock, scheduler } = createHost();
  const abort = new AbortController();
  const left = [...answers];
  let asked = 0;
  const step = (ctx: TaskContext): unknown => {
    asked++;
    const answer = left.length > 0 ? left.shift() : onCall(ctx);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const reader = new FunctionReader(10, { clock, scheduler });
  const hooks: string[] = [];
  const code = {
    ...instantiate(step),
    open: () => void hooks.push("open"),
    close: () => void hooks.push("close"),
  };
  const open = (signal = abort.signal) => reader.open(createContext({ signal, step: "source-1" }), code);
  void open();
  const got: unknown[] = [];
  const poll = async (max = 10) => {
    Promise.resolve(reader.poll(max)).then(
      (records) => got.push(records),
      (error) => got.push(error),
    );
    await scheduler.settled();
  };
  const passed = async (ms: number) => {
    clock.advance(ms);
    await scheduler.settled();
  };
  return { reader, open, hooks, poll, passed, got, abort, clock, scheduler, asked: () => asked };
}

/** A promise and what settles it. */
function later() {
  let resolve: (value: unknown) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

describe("reading a source function", () => {
  test("asks for records as long as they come at once, up to the size asked for", async () => {
    const { reader, asked } = setUp([1, null, 0, 4]);

    expect(reader.poll(3)).toEqual([1, null, 0]);
    expect(asked()).toBe(3);
  });

  test("answers with what there is when the function has nothing for now", () => {
    expect(setUp([1, 2, undefined, 3]).reader.poll(10)).toEqual([1, 2]);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["a promise of nothing", Promise.resolve(undefined)],
  ])("asks again after idleMs when the function answered %s, and not before", async (_, nothing) => {
    const { poll, passed, got, asked } = setUp([nothing, nothing, "r"]);
    await poll();
    await passed(9);
    expect(asked()).toBe(1);
    await passed(1);
    expect([asked(), got]).toEqual([2, []]);

    await passed(10);
    expect(got).toEqual([["r"]]);
  });

  test("ends with the end value, behind the records before it, also as a promise", async () => {
    for (const end of [endOfSource, Promise.resolve(endOfSource)]) {
      const { poll, got, asked } = setUp([1, end]);
      await poll();
      await poll();
      await poll();

      expect([got, asked()]).toEqual([[[1], [], []], 2]);
    }
  });

  test("keeps a promise over polls: what is ready need not wait for it", async () => {
    const slow = later();
    const { poll, got, scheduler, asked } = setUp([1, slow.promise, 3]);
    await poll();
    expect(got).toEqual([[1]]);
    await poll();
    expect([got.length, asked()]).toEqual([1, 2]);

    slow.resolve(2);
    await scheduler.settled();
    expect(got).toEqual([[1], [2, 3]]);
  });

  test.each<[string, () => unknown]>([
    ["throws", () => new Error("torn")],
    ["rejects", () => Promise.reject(new Error("torn"))],
  ])("gives the records before a function that %s, and then its error", async (_, failure) => {
    const { poll, got } = setUp([1, 2, failure()]);
    await poll();
    await poll();

    expect(got).toEqual([[1, 2], new Error("torn")]);
  });

  test("fails a poll that waits when the function throws after its idle time", async () => {
    const { poll, passed, got } = setUp([undefined, new Error("torn")]);
    await poll();
    await passed(10);

    expect(got).toEqual([new Error("torn")]);
  });
});

describe("closing a source function", () => {
  test("fires its signal and ends a poll that waits for its idle time, which it then asks no more", async () => {
    let signal: AbortSignal | undefined;
    const { reader, poll, passed, got, asked, clock, scheduler } = setUp([], (ctx) => {
      signal = ctx.signal;
    });
    await poll();
    reader.close();
    reader.close();
    await scheduler.settled();
    expect([got, signal?.reason]).toEqual([[[]], expect.objectContaining({ code: "CANCELLED" })]);

    await poll();
    await passed(100);
    expect([got, asked(), clock.timers]).toEqual([[[], []], 1, 0]);
  });

  test("delivers what a function in flight still answers, and then the end", async () => {
    const slow = later();
    const { reader, poll, got, scheduler } = setUp([slow.promise]);
    await poll();
    reader.close();
    await scheduler.settled();
    expect(got).toEqual([]);

    slow.resolve("last");
    await scheduler.settled();
    await poll();
    expect(got).toEqual([["last"], []]);
  });

  test.each<[string, (slow: ReturnType<typeof later>) => void]>([
    ["throws", (slow) => slow.reject(new Error("aborted"))],
    ["has nothing", (slow) => slow.resolve(undefined)],
  ])("takes it for the end when a function in flight %s", async (_, settle) => {
    const slow = later();
    const { reader, poll, got, scheduler, clock } = setUp([slow.promise]);
    await poll();
    reader.close();
    settle(slow);
    await scheduler.settled();

    expect([got, clock.timers]).toEqual([[[]], 0]);
  });
});

describe("a source function over several incarnations of its task", () => {
  test("is opened by the first one, and closed when it is released", () => {
    const { reader, open, hooks } = setUp([]);
    open();
    open();
    expect(hooks).toEqual(["open"]);

    reader.release();
    expect(hooks).toEqual(["open", "close"]);
  });

  test("is not closed when it was never opened", () => {
    const { clock, scheduler } = createHost();

    expect(new FunctionReader(10, { clock, scheduler }).release()).toBeUndefined();
  });

  test("keeps its signal when one of them fails, and what it is asked for reaches the next one", async () => {
    const signals: AbortSignal[] = [];
    const slow = later();
    const { open, poll, abort, got, scheduler } = setUp([], ({ signal }) => {
      signals.push(signal);
      return signals.length === 1 ? slow.promise : undefined;
    });
    await poll();
    abort.abort("failed");
    open(new AbortController().signal);
    slow.resolve("r");
    await scheduler.settled();

    expect(got).toEqual([["r"]]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    expect(signals[1]).toBe(signals[0]);
  });

  test("is asked again after it has failed", async () => {
    const { poll, open, got } = setUp([Promise.reject(new Error("torn")), "r", undefined]);
    await poll();
    open();
    await poll();

    expect(got).toEqual([new Error("torn"), ["r"]]);
  });
});
