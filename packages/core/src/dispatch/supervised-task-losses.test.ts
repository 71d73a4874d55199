import { describe, expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { supervise } from "../../test-support/supervisor-harness.ts";
import { SageError } from "../errors/sage-error.ts";

const loss = new SageError("STORE_ROLLED_BACK", { store: "The store" });

describe("a task whose store may lose what it has said", () => {
  test("rests when it is completed, and ends when it is let go", async () => {
    const { task, last, ends, released } = await supervise({ rests: true });
    last().end({ state: "completed" });
    await task.rest();
    await settle();
    expect([task.resting, ends, released()]).toEqual([true, [], 0]);
    task.letGo();
    await settle();

    expect([task.resting, ends, released()]).toEqual([false, [{ state: "completed" }], 1]);
  });

  test("goes on with another incarnation where it rests, and that is none of its restarts", async () => {
    const { task, last, calls, incarnations, passed, restarts } = await supervise({ rests: true });
    last().end({ state: "completed" });
    await task.rest();
    task.restart(loss);
    await settle();
    await passed(0);

    expect([task.resting, incarnations.length, calls(2)]).toEqual([false, 2, ["open", "start"]]);
    expect(restarts?.restarts).toBe(0);
  });

  test("gives up a running incarnation for the next one", async () => {
    const { task, calls, passed } = await supervise({ rests: true });
    task.restart(loss);
    await settle();
    await passed(0);

    expect([calls(1), calls(2)]).toEqual([
      ["open", "start", "abandon"],
      ["open", "start"],
    ]);
  });

  test("gives up at its start an incarnation that was made before", async () => {
    const { task, calls, passed } = await supervise({ rests: true, until: "opened" });
    task.restart(loss);
    expect(calls(1)).toEqual(["open"]);
    task.start();
    await settle();
    await passed(0);

    expect([calls(1), calls(2)]).toEqual([
      ["open", "start", "abandon"],
      ["open", "start"],
    ]);
  });

  test("does not rest where something was lost while it came to its end", async () => {
    const { task, incarnations, ends, passed } = await supervise({
      rests: true,
      arrange: (made, incarnation) => {
        if (incarnation === 1) made.abandon = () => made.end({ state: "completed" });
      },
    });
    task.restart(loss);
    await settle();
    await passed(0);

    expect([task.resting, incarnations.length, ends]).toEqual([false, 2, []]);
  });

  test("is cancelled where it rests, and nothing brings it back", async () => {
    const { task, last, ends, incarnations, passed } = await supervise({ rests: true });
    last().end({ state: "completed" });
    await task.rest();
    await task.cancel();
    task.restart(loss);
    await passed(100);

    expect([ends, incarnations.length]).toEqual([[{ state: "completed" }], 1]);
  });

  test("does not rest when it fails", async () => {
    const { task, fail, ends } = await supervise({ rests: true, strategy: "none" });
    await fail(new Error("odd"), false);
    await task.rest();
    await settle();

    expect([task.resting, ends]).toEqual([false, [expect.objectContaining({ state: "failed" })]]);
  });
});
