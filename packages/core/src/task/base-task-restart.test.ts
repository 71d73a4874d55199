import { describe, expect, test } from "vitest";
import { boom, type FakeOperator, GatedOperator } from "../../test-support/fake-operator.ts";
import { createLife } from "../../test-support/life-harness.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import { createStore, outputTo } from "../../test-support/store-harness.ts";
import { data, stop } from "../../test-support/task-harness.ts";
import { mapRecipe, reduceRecipe } from "../operator/operator-recipes.ts";
import { Batch } from "../packet/batch.ts";
import type { Commit } from "../state/commit.port.ts";

/** Makes an operator fail at a record. */
const failAt = (operator: FakeOperator, bad: unknown) => {
  operator.onRecord = (record) => {
    if (record === bad) throw boom;
    return record;
  };
};

describe("an incarnation that follows one that has failed", () => {
  test("goes on behind the last commit: nothing is emitted twice or left out, and the numbers go on", async () => {
    const { next, feed, payloads, numbers } = createLife();
    const first = await next();
    failAt(first.operator, "c");
    await first.start();
    for (const [seq, record] of ["a", "b", "c", "d"].entries()) await feed(data(0, seq, record));
    expect(await first.task.done).toMatchObject({ state: "failed", restartable: true });
    expect(payloads()).toEqual(["a", "b"]);

    const second = await next();
    await second.start();
    await feed(data(0, 4, "e"));
    expect([payloads(), numbers()]).toEqual([
      ["a", "b", "c", "d", "e"],
      [0, 1, 2, 3, 4],
    ]);
    expect(second.operator.calls).toEqual(["open", "record c", "record d", "record e"]);
  });

  test("counts on from the last commit, and reports how often it was restarted", async () => {
    const { next, feed } = createLife();
    const first = await next();
    failAt(first.operator, "b");
    await first.start();
    await feed(data(0, 0, "a"));
    await feed(data(0, 1, "b"));
    await first.task.done;
    const second = await next();
    await second.start();
    await feed(data(0, 2, "c"));

    expect(second.task.report()).toMatchObject({
      restarts: 1,
      ledger: { received: 3, processed: 3, emitted: 3, inFlight: 0 },
      sent: { 8: 3 },
      received: { 0: 3, 1: 0 },
    });
  });

  test("finds the state of the last commit, and nothing of what was not committed", async () => {
    const { next, feed, payloads, store } = createLife();
    const sum = (bad?: number) =>
      reduceRecipe(
        (a: number, b: number) => {
          if (b === bad) throw boom;
          return a + b;
        },
        { initial: () => 0, emit: "each" },
      );
    const keyed = (firstSeq: number, ...numbers: number[]) =>
      new Batch(
        0,
        firstSeq,
        numbers,
        numbers.map(() => "k"),
      );
    const first = await next({ operator: openOperator(sum(3)) });
    await first.start();
    await feed(keyed(0, 1));
    await feed(keyed(1, 2, 3, 4));
    await first.task.done;
    expect(store.record("map-2#0").table("$reduce").get("k")).toBe(3);

    await (await next({ operator: openOperator(sum()) })).start();
    expect(payloads()).toEqual([1, 3, 6, 10]);
  });

  test("begins when what was committed before is downstream", async () => {
    const { next, open, feed, queue, payloads, target, settled } = createLife({}, 1);
    await feed(data(0, 0, "a", "b", "c"));
    queue.take(2);
    open().commit(
      createStore().unit(1, [], {
        position: 2,
        consumed: [data(0, 0, "a", "b")],
        outputs: [outputTo(target, data(8, 0, "a", "b"))],
      }),
    );
    const second = await next();
    await second.start();
    expect([second.operator.calls, second.task.report().waitsFor]).toEqual([
      ["open"],
      expect.stringMatching(/^room in /),
    ]);

    for (let n = 0; n < 3; n++) {
      target.drain();
      await settled();
    }
    expect(second.operator.calls).toEqual(["open", "record c"]);
    expect(payloads()).toEqual(["a", "b", "c"]);
  });

  test("neither runs nor emits again what was done ahead of the others", async () => {
    const { next, feed, payloads, settled } = createLife({ concurrency: 4, ordered: false });
    const operator = new GatedOperator();
    const first = await next({ operator });
    await first.start();
    await feed(data(0, 0, "a", "b", "c"));
    for (const [record, ending] of [
      ["b", "ok"],
      ["c", "ok"],
      ["a", "fail"],
    ] as const) {
      operator.end(record, ending);
      await settled();
    }
    await first.task.done;
    expect(payloads()).toEqual(["b", "c"]);

    const second = await next();
    await second.start();
    await feed(data(0, 3, "d"));
    expect(second.operator.calls).toEqual(["open", "record a", "record d"]);
    expect(payloads()).toEqual(["b", "c", "a", "d"]);
    expect(second.task.report().ledger).toMatchObject({ received: 4, processed: 4, inFlight: 0 });
  });
});

describe("an incarnation that follows one that has come to its end", () => {
  const twoInputs = {
    channels: [
      { channel: 0, inputIndex: 0, source: "a#0" },
      { channel: 1, inputIndex: 1, source: "a#1" },
    ],
  };

  test("tells its operator of the inputs that had ended, while it is opened", async () => {
    const { next, feed } = createLife(twoInputs);
    const first = await next();
    failAt(first.operator, "x");
    await first.start();
    await feed(stop(1, 0, "a#1"));
    await feed(data(0, 0, "x"));
    await first.task.done;
    const second = await next();
    await second.start();

    expect(second.operator.calls).toEqual(["open", "end of input 1", "record x"]);
  });

  test("fails to open when that fails", async () => {
    const { next, feed } = createLife(twoInputs);
    const first = await next();
    failAt(first.operator, "x");
    await first.start();
    await feed(stop(1, 0, "a#1"));
    await feed(data(0, 0, "x"));
    await first.task.done;
    const second = await next();
    second.operator.onEndInput = () => Promise.reject(boom);

    await expect(second.task.open()).rejects.toMatchObject({
      code: "OPERATOR_FAILED",
      details: { phase: "onInputEnd(1)" },
      cause: boom,
    });
  });

  test("finishes again when that had failed, and sends one stop signal", async () => {
    const { next, feed, numbers, payloads } = createLife();
    const first = await next();
    first.operator.onFinish = () => Promise.reject(boom);
    await first.start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));
    expect(await first.task.done).toMatchObject({ state: "failed", restartable: true });

    const second = await next();
    second.operator.onFinish = (out) => out.payloads.push("last") > 0;
    await second.start();
    expect(await second.task.done).toEqual({ state: "completed" });
    expect(second.operator.calls).toEqual(["open", "end of input 0", "finish", "close"]);
    expect([payloads(), numbers()]).toEqual([["last"], [0, 1]]);
  });

  test("emits behind what was handed out of a finish that came in parts", async () => {
    const emit = (out: (record: unknown) => void) => {
      for (const record of ["v", "w", "x", "y", "z"]) out(record);
    };
    const step = { create: () => ({ execute: (record: unknown) => record, finish: emit }) };
    const { next, feed, payloads, numbers } = createLife({ limits: { maxBatch: 2, maxBatchMs: 5 } });
    const failing = (commit: Commit): Commit => ({
      ...{ epoch: commit.epoch, restored: commit.restored, state: commit.state, progress: commit.progress },
      commit: (unit) => {
        if (unit.handedOut > 2) throw boom;
        return commit.commit(unit);
      },
    });
    const first = await next({ operator: openOperator(mapRecipe(step)) }, failing);
    await first.start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));
    expect(await first.task.done).toMatchObject({ state: "failed", restartable: true });
    expect(payloads()).toEqual(["v", "w"]);

    const second = await next({ operator: openOperator(mapRecipe(step)) });
    await second.start();
    expect(await second.task.done).toEqual({ state: "completed" });
    expect([payloads(), numbers()]).toEqual([
      ["v", "w", "x", "y", "z"],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  test("has nothing to finish where all was sent: it only completes", async () => {
    const { next, feed, numbers } = createLife();
    const first = await next();
    await first.start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));
    await first.task.done;
    const second = await next();
    await second.start();

    expect(await second.task.done).toEqual({ state: "completed" });
    expect([second.operator.calls, numbers()]).toEqual([["open", "close"], [0]]);
    expect(second.commit.progress.sequence).toBe(second.commit.restored.sequence);
  });
});
