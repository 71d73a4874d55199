import { describe, expect, test } from "vitest";
import { createRunnerScope, openOperator } from "../../test-support/runner-harness.ts";
import type { TaskContext } from "../context/task-context.ts";
import {
  filterRecipe,
  flatMapRecipe,
  joinRecipe,
  keyByRecipe,
  mapRecipe,
  type OperatorRecipe,
  processRecipe,
  reduceRecipe,
  sinkRecipe,
} from "../operator/operator-recipes.ts";
import { Batch } from "../packet/batch.ts";
import { RecordRunner } from "./record-runner.ts";

type Step = (...args: never[]) => unknown;

const kinds: Record<string, (step: Step) => OperatorRecipe> = {
  map: mapRecipe,
  filter: filterRecipe,
  flatMap: flatMapRecipe,
  keyBy: keyByRecipe,
  reduce: (step) => reduceRecipe(step, { initial: () => 0, emit: "each" }),
  process: processRecipe,
  sink: sinkRecipe,
};
const answers: Record<string, unknown> = { filter: true, flatMap: [1], keyBy: "k" };

/** When the function answers: at once, later, or now and then later. */
const styles: Record<string, (answer: unknown, n: number) => unknown> = {
  sync: (answer) => answer,
  async: (answer) => Promise.resolve(answer),
  mixed: (answer, n) => (n % 2 === 0 ? answer : Promise.resolve(answer)),
};

/** Runs a batch as a task does, and answers which record each call of the function was told that it is for. */
async function idsOf(make: (step: Step) => OperatorRecipe, answer: (n: number) => unknown) {
  const seen: string[] = [];
  let calls = 0;
  const step = (...args: unknown[]) => {
    const ctx = args.find((arg) => (arg as TaskContext | undefined)?.recordId !== undefined) as TaskContext;
    seen.push(ctx.recordId);
    return answer(calls++);
  };
  const { scope } = createRunnerScope(openOperator(make(step as Step)));
  const runner = new RecordRunner(scope);
  const batch = new Batch(4, 10, [1, 2, 3, 4], ["k", "k", "k", "k"]);
  if (!runner.run(batch, 0)) await runner.runSerially(batch);
  return seen;
}

describe.each(Object.entries(kinds))("the function of a %s", (kind, make) => {
  test.each(Object.entries(styles))(
    "sees the id of each record that it is called for (%s)",
    async (_, style) => {
      const seen = await idsOf(make, (n) => style(kind in answers ? answers[kind] : 1, n));

      expect(seen).toEqual(["job-1/4:10", "job-1/4:11", "job-1/4:12", "job-1/4:13"]);
    },
  );
});

test("the function of a join sees the id of the record that has come, for every pair", async () => {
  const seen: string[] = [];
  const operator = openOperator(
    joinRecipe((_l: unknown, _r: unknown, ctx: TaskContext) => seen.push(ctx.recordId)),
  );
  const { scope } = createRunnerScope(operator);
  const runner = new RecordRunner(scope);
  scope.cursor.input = 0;
  runner.run(new Batch(4, 10, ["l", "m"], ["k", "k"]), 0);
  scope.cursor.input = 1;
  runner.run(new Batch(5, 0, ["r"], ["k"]), 0);

  expect(seen).toEqual(["job-1/5:0", "job-1/5:0"]);
});
