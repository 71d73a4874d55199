import { describe, expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { boom } from "../../test-support/fake-operator.ts";
import { type SupervisorSetup, supervise } from "../../test-support/supervisor-harness.ts";

const never = () => undefined;

/** A promise and what settles it. */
function gate() {
  let open: () => void = never;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe("cancelling a supervised task", () => {
  test.each(["created", "opened", "started"] as const)(
    "that is %s cancels its incarnation",
    async (until) => {
      const { task, ends, last, released, closed } = await supervise({ until });

      expect(await task.cancel()).toEqual({ state: "cancelled" });
      expect([last().calls.at(-1), ends.length, released(), closed()]).toEqual(["cancel", 1, 1, 0]);
      expect(await task.cancel()).toEqual({ state: "cancelled" });
      expect(released()).toBe(1);
    },
  );

  test("between two incarnations ends it at once: no other one follows, and its input is closed", async () => {
    const { task, fail, passed, ends, incarnations, clock, closed } = await supervise();
    await fail(boom);

    expect(await task.cancel()).toEqual({ state: "cancelled" });
    expect([clock.timers, closed()]).toEqual([0, 1]);
    await passed(1000);
    expect([incarnations.length, ends]).toEqual([1, [{ state: "cancelled" }]]);
  });

  test("while the next incarnation is made lets it neither open nor start", async () => {
    const made = gate();
    const { task, fail, passed, ends, calls, closed } = await supervise({
      arrange: (_, n) => (n === 2 ? made.promise : undefined),
    });
    await fail(boom);
    await passed(100);
    const end = task.cancel();
    await settle();
    made.open();

    expect(await end).toEqual({ state: "cancelled" });
    expect([calls(2), ends.length, closed()]).toEqual([["cancel"], 1, 1]);
  });

  test.each([true, false])(
    "while the next incarnation is opened does not start it (it opens: %s)",
    async (opens) => {
      const opened = gate();
      const { task, fail, passed, ends, calls, incarnations } = await supervise({
        arrange: (next, n) => {
          if (n === 2)
            next.onOpen = () => opened.promise.then(() => (opens ? undefined : Promise.reject(boom)));
        },
      });
      await fail(boom);
      await passed(100);
      const end = task.cancel();
      await settle();
      opened.open();
      expect(await end).toEqual({ state: "cancelled" });
      await passed(1000);

      expect([calls(2)?.includes("start"), calls(2)?.includes("cancel")]).toEqual([false, true]);
      expect([incarnations.length, ends]).toEqual([2, [{ state: "cancelled" }]]);
    },
  );

  test.each<[string, SupervisorSetup["strategy"], boolean, string]>([
    ["is as good as cancelled where a restart would have followed", undefined, true, "cancelled"],
    ["is its end where none would have followed", undefined, false, "failed"],
    ["is its end where there are none", "none", true, "failed"],
  ])("a failure that comes meanwhile %s: no restart follows", async (_, strategy, restartable, state) => {
    const { task, last, passed, incarnations, ends } = await supervise(
      strategy === undefined ? {} : { strategy },
    );
    const running = last();
    running.cancel = async () => {
      running.fail(boom, restartable);
      return running.done;
    };

    expect(await task.cancel()).toMatchObject({ state });
    await passed(1000);
    expect([incarnations.length, ends.length]).toEqual([1, 1]);
  });

  test("after it has ended has no effect", async () => {
    const { task, last, ends } = await supervise();
    last().end({ state: "completed" });
    await settle();

    expect(await task.cancel()).toEqual({ state: "completed" });
    expect(ends).toEqual([{ state: "completed" }]);
  });
});

describe("draining a supervised task", () => {
  test("drains its incarnation, and each one that follows once it has started", async () => {
    const { task, fail, passed, calls } = await supervise();
    task.drain();
    expect(calls(1)).toEqual(["open", "start", "drain"]);
    await fail(boom);
    await passed(100);

    expect(calls(2)).toEqual(["open", "start", "drain"]);
  });

  test("between two incarnations drains the next one", async () => {
    const { task, fail, passed, calls } = await supervise();
    await fail(boom);
    task.drain();
    expect(calls(1)).toEqual(["open", "start"]);
    await passed(100);

    expect(calls(2)).toEqual(["open", "start", "drain"]);
  });
});

describe("pausing a supervised task", () => {
  test("pauses its incarnation, and each one that follows before it starts", async () => {
    const { task, fail, passed, calls } = await supervise();
    await task.pause();
    expect(calls(1)).toEqual(["open", "start", "pause"]);
    await fail(boom);
    await passed(100);
    expect(calls(2)).toEqual(["open", "pause", "start"]);

    task.resume();
    expect(calls(2)).toEqual(["open", "pause", "start", "resume"]);
  });

  test("between two incarnations has nothing to wait for, and pauses the next one", async () => {
    const { task, fail, passed, calls } = await supervise();
    await fail(boom);
    await task.pause();
    await passed(100);

    expect([calls(1), calls(2)]).toEqual([
      ["open", "start"],
      ["open", "pause", "start"],
    ]);
  });

  test("is over for the next incarnation when it was resumed before that", async () => {
    const { task, fail, passed, calls } = await supervise();
    await task.pause();
    await fail(boom);
    task.resume();
    await passed(100);

    expect(calls(2)).toEqual(["open", "start"]);
  });
});

describe("a probe of a supervised task", () => {
  test("is its incarnation's", async () => {
    const { task, last } = await supervise();

    expect(await task.probe()).toEqual(last().probe());
  });

  test("is not idle between two incarnations: nobody may end its loop", async () => {
    const opened = gate();
    const { task, fail, passed } = await supervise({
      arrange: (next, n) => {
        if (n === 2) next.onOpen = () => opened.promise;
      },
    });
    await fail(boom);
    expect(await task.probe()).toMatchObject({ idle: false, outsideEnded: false });
    await passed(100);
    expect(await task.probe()).toMatchObject({ idle: false });

    opened.open();
    await settle();
    expect(await task.probe()).toMatchObject({ idle: true });
  });
});
