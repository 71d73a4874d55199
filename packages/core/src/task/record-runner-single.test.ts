import { describe, expect, test } from "vitest";
import { createRunnerScope, openOperator } from "../../test-support/runner-harness.ts";
import { flatMapRecipe, mapRecipe, type OperatorRecipe } from "../operator/operator-recipes.ts";
import { Batch } from "../packet/batch.ts";
import { RecordRunner } from "./record-runner.ts";

function setUp(recipe: OperatorRecipe, select?: (payload: unknown) => number) {
  const parts = createRunnerScope(openOperator(recipe), { onError: "skip", ...(select ? { select } : {}) });
  return { ...parts, runner: new RecordRunner(parts.scope) };
}

const headers = [{ trace: "1" }, undefined, { trace: "3" }];

describe("the headers of a record", () => {
  test.each<[string, (n: number) => unknown]>([
    ["at once", (n) => [n, n]],
    ["later", async (n) => [n, n]],
  ])("go on with what it emits %s, with each record its own", async (_, step) => {
    const { runner, out } = setUp(flatMapRecipe(step));
    const batch = new Batch(0, 0, [1, 2, 3], undefined, headers);
    if (!runner.run(batch, 0)) await runner.runSerially(batch);

    expect(out.payloads).toEqual([1, 1, 2, 2, 3, 3]);
    expect(out.headers).toEqual(headers.flatMap((each) => [each, each]));
  });

  test("are not left to the next record when theirs was dropped", () => {
    const { runner, out, ledger } = setUp(mapRecipe((n: number) => (n === 1 ? undefined : n)));
    runner.run(new Batch(0, 0, [1, 2, 3], undefined, headers), 0);

    expect([out.payloads, out.headers]).toEqual([
      [2, 3],
      [undefined, { trace: "3" }],
    ]);
    expect(ledger).toMatchObject({ processed: 3, filtered: 1 });
  });
});

describe("a record that cannot be routed", () => {
  test("does not count as filtered, even when it emitted nothing of what it might have", () => {
    const step = (n: number) => (n === 2 ? [-1] : []);
    const { runner, ledger, out } = setUp(flatMapRecipe(step), (payload) => (payload === -1 ? 9 : 0));
    runner.run(new Batch(0, 0, [1, 2, 3]), 0);

    expect([out.payloads, ledger.toJSON()]).toEqual([
      [],
      expect.objectContaining({ processed: 2, filtered: 2, skipped: 1 }),
    ]);
  });
});
