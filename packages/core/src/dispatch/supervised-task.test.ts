import { describe, expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { boom } from "../../test-support/fake-operator.ts";
import { supervise } from "../../test-support/supervisor-harness.ts";
import { SageError } from "../errors/sage-error.ts";

const stale = [
  new SageError("COMMIT_MISMATCH", { node: "map-2#0", sequence: 4 }),
  new SageError("INPUT_VANISHED", { node: "map-2#0" }),
];

describe("a supervised task that has failed and may be restarted", () => {
  test("is made, opened and started anew when its strategy says so, and not before", async () => {
    const { incarnations, fail, passed, calls, ends, closed } = await supervise();
    await fail(boom);
    await passed(99);
    expect(incarnations).toHaveLength(1);

    await passed(1);
    expect(incarnations).toHaveLength(2);
    expect([calls(1), calls(2)]).toEqual([
      ["open", "start"],
      ["open", "start"],
    ]);
    expect([ends, closed()]).toEqual([[], 0]);
  });

  test("says that it is being restarted, when, and why", async () => {
    const { task, fail, passed } = await supervise();
    await fail(boom);
    await passed(40);
    expect(task.report()).toMatchObject({
      id: "map-2#0",
      state: "restarting",
      waitsFor: "its restart, which is due in 60 ms, since it failed: RangeError: boom",
    });

    await passed(60);
    expect(task.report()).toMatchObject({ state: "running" });
    expect(task.report().waitsFor).toBeUndefined();
  });

  test("goes to the log with its error", async () => {
    const { fail, lines } = await supervise();
    await fail(boom);

    expect(lines).toEqual([
      {
        level: "warn",
        message: 'Task "map-2#0" failed and is restarted in 100 ms: RangeError: boom',
        fields: { task: "map-2#0", error: boom },
      },
    ]);
  });

  test("ends as its last incarnation does", async () => {
    const { fail, passed, last, ends, closed, released } = await supervise();
    await fail(boom);
    await passed(100);
    last().end({ state: "completed" });
    await settle();

    expect([ends, closed(), released()]).toEqual([[{ state: "completed" }], 0, 1]);
  });

  test("fails for good when its strategy allows no more, with the last failure as cause, and closes its input", async () => {
    const { incarnations, fail, passed, ends, closed, released } = await supervise();
    for (let n = 0; n < 2; n++) {
      await fail(new Error("not this one"));
      await passed(100);
    }
    expect(released()).toBe(0);
    await fail(boom);
    await passed(1000);

    expect(ends).toEqual([
      {
        state: "failed",
        restartable: false,
        error: expect.objectContaining({
          code: "RESTARTS_EXHAUSTED",
          details: { node: "map-2#0", strategy: "fixed delay, 2 attempts", reason: "RangeError: boom" },
          cause: boom,
        }),
      },
    ]);
    expect([incarnations.length, closed(), released()]).toEqual([3, 1, 1]);
  });

  test("fails with its own error where there is no strategy", async () => {
    const { incarnations, fail, ends, closed } = await supervise({ strategy: "none" });
    await fail(boom);

    expect(ends).toEqual([{ state: "failed", error: boom, restartable: false }]);
    expect([incarnations.length, closed()]).toEqual([1, 1]);
  });
});

describe("a supervised task that a restart cannot help", () => {
  test("ends at once with its error, and its strategy is not asked", async () => {
    const { incarnations, fail, passed, ends, closed, restarts } = await supervise();
    await fail(boom, false);
    await passed(1000);

    expect(ends).toEqual([{ state: "failed", error: boom, restartable: false }]);
    expect([incarnations.length, closed(), restarts?.restarts]).toEqual([1, 1, 0]);
  });
});

describe("an incarnation that knows less than the store", () => {
  test.each(stale)(
    "is followed at once by the next one, and that is no restart that counts: $code",
    async (error) => {
      const { incarnations, fail, passed, restarts } = await supervise();
      for (let n = 1; n <= 4; n++) {
        await fail(error);
        await passed(0);
        expect(incarnations).toHaveLength(n + 1);
      }

      expect(restarts?.restarts).toBe(0);
    },
  );

  test.each(stale)("is followed by the next one also without any strategy: $code", async (error) => {
    const { incarnations, fail, passed, calls, ends } = await supervise({ strategy: "none" });
    await fail(error);
    await passed(0);

    expect([incarnations.length, calls(2), ends]).toEqual([2, ["open", "start"], []]);
  });
});

describe("a next incarnation that does not come up", () => {
  test("counts as a failure when its open fails, and is closed before the next one is made", async () => {
    const { incarnations, fail, passed, calls, task, restarts } = await supervise({
      arrange: (next, n) => {
        if (n === 2) next.onOpen = () => Promise.reject(boom);
      },
    });
    await fail(new Error("first"));
    await passed(100);
    expect([incarnations.length, calls(2), restarts?.restarts]).toEqual([2, ["open", "cancel"], 2]);
    expect(task.report().waitsFor).toMatch(/due in 100 ms, since it failed: RangeError: boom/);

    await passed(100);
    expect(calls(3)).toEqual(["open", "start"]);
  });

  test("counts as a failure when it cannot even be made", async () => {
    const { incarnations, fail, passed, calls } = await supervise({
      arrange: (_, n) => {
        if (n === 2) throw boom;
      },
    });
    await fail(new Error("first"));
    await passed(100);
    expect([incarnations.length, calls(2)]).toEqual([2, []]);

    await passed(100);
    expect(calls(3)).toEqual(["open", "start"]);
  });

  test("fails the task when there were enough failures", async () => {
    const { fail, passed, ends, closed } = await supervise({
      arrange: (next, n) => {
        if (n > 1) next.onOpen = () => Promise.reject(boom);
      },
    });
    await fail(new Error("first"));
    await passed(100);
    await passed(100);

    expect(ends).toMatchObject([{ state: "failed", error: { code: "RESTARTS_EXHAUSTED", cause: boom } }]);
    expect(closed()).toBe(1);
  });

  test("fails the task at once where a restart cannot help", async () => {
    const refused = new SageError("DESCRIPTOR_CONFLICT", { queue: "q", field: "capacity" });
    const { incarnations, fail, passed, ends } = await supervise({
      arrange: (next, n) => {
        if (n === 2) next.onOpen = () => Promise.reject(refused);
      },
    });
    await fail(boom);
    await passed(100);
    await passed(1000);

    expect(ends).toEqual([{ state: "failed", error: refused, restartable: false }]);
    expect(incarnations).toHaveLength(2);
  });
});

describe("the end of a supervised task", () => {
  test("comes after what it keeps through its incarnations has been released, and says so meanwhile", async () => {
    let release: () => void = () => undefined;
    const { task, last, ends, released } = await supervise({
      release: () => new Promise<void>((resolve) => (release = resolve)),
    });
    last().end({ state: "completed" });
    await settle();
    expect([ends, released()]).toEqual([[], 1]);
    expect(task.report().waitsFor).toBe("its close(), which has not settled");

    release();
    await settle();
    expect(ends).toEqual([{ state: "completed" }]);
    expect(task.report().waitsFor).toBeUndefined();
  });

  test("is a failure when the release of a completed task fails", async () => {
    const { last, ends } = await supervise({ release: () => Promise.reject(boom) });
    last().end({ state: "completed" });
    await settle();

    expect(ends).toMatchObject([
      {
        state: "failed",
        restartable: false,
        error: { code: "OPERATOR_FAILED", details: { node: "map-2#0", phase: "close" }, cause: boom },
      },
    ]);
  });

  test("stays what it is when the release of any other one fails, which goes to the log", async () => {
    const { fail, ends, lines } = await supervise({
      release: () => {
        throw new Error("stuck");
      },
    });
    await fail(boom, false);

    expect(ends).toEqual([{ state: "failed", error: boom, restartable: false }]);
    expect(lines).toMatchObject([{ level: "error", message: expect.stringContaining("stuck") }]);
  });

  test.each<[string, () => unknown]>([
    ["rejects", () => Promise.reject(new Error("gone"))],
    [
      "throws",
      () => {
        throw new Error("gone");
      },
    ],
  ])("does not depend on its input: that closing it %s goes to the log", async (_, close) => {
    const { fail, ends, lines, queue } = await supervise();
    queue.close = close as never;
    await fail(boom, false);

    expect(ends).toMatchObject([{ state: "failed", error: boom }]);
    expect(lines).toMatchObject([
      { level: "warn", message: 'Closing the input of "map-2#0" failed: Error: gone' },
    ]);
  });
});
