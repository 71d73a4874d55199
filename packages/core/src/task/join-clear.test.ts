import { expect, test } from "vitest";
import { createLife } from "../../test-support/life-harness.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import { stop } from "../../test-support/task-harness.ts";
import { joinRecipe } from "../operator/operator-recipes.ts";
import { Batch } from "../packet/batch.ts";

test("a side is not kept once the other one has ended, in a concurrent join either", async () => {
  const gates: (() => void)[] = [];
  const fn = () => new Promise((resolve) => gates.push(() => resolve("pair")));
  const life = createLife({
    concurrency: 4,
    keyed: true,
    seesKeys: true,
    limits: { maxBatch: 8, maxBatchMs: 5 },
    channels: [
      { channel: 0, inputIndex: 0, source: "a#0" },
      { channel: 1, inputIndex: 1, source: "a#1" },
    ],
  } as never);
  const one = await life.next({ operator: openOperator(joinRecipe(fn)) });
  await one.start();
  await life.feed(new Batch(0, 0, ["l0"], ["a"]));
  await life.feed(new Batch(1, 0, ["r0"], ["a"])); // waits for its function
  await life.feed(stop(1, 1, "a#1"));
  await life.feed(new Batch(0, 1, ["l1"], ["b"])); // settles at once, behind r0
  gates[0]?.();
  await life.settled();
  expect(life.payloads()).toEqual(["pair"]);
  const rec = life.store.record("map-2#0");
  expect([...rec.table("$join-0").entries()].map(([k]) => k)).toEqual([]);
});
