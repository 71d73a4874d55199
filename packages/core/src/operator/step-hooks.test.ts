import { describe, expect, test } from "vitest";
import { finishAll, runRows } from "../../test-support/run-operator.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import type { Emit } from "./emit.ts";
import {
  flatMapRecipe,
  mapRecipe,
  type OperatorRecipe,
  reduceRecipe,
  sinkRecipe,
} from "./operator-recipes.ts";

const base = { execute: (record: unknown) => record };
const create = (hooks: object) => ({ create: () => ({ ...base, ...hooks }) });

const recipes: Record<string, (step: unknown) => OperatorRecipe> = {
  map: mapRecipe,
  flatMap: flatMapRecipe,
  sink: sinkRecipe,
  reduce: (step) => reduceRecipe(step, { initial: undefined, emit: "each" }),
};

describe.each(Object.entries(recipes))("the hooks of a %s", (_, recipe) => {
  test("tell of the end of each input, and may take their time", async () => {
    const ended: number[] = [];
    const onInputEnd = async (index: number) => void ended.push(index);
    const operator = openOperator(recipe(create({ onInputEnd })));
    await operator.endInput(1);
    await operator.endInput(0);

    expect(ended).toEqual([1, 0]);
  });

  test.each(["at once", "later"])("emit at the end, %s, in parts that fit", async (when) => {
    let calls = 0;
    const finish = (emit: Emit<unknown>) => {
      calls++;
      for (let n = 0; n < 5; n++) emit(n, { headers: { n: `${n}` } });
      return when === "later" ? Promise.resolve() : undefined;
    };
    const parts = await finishAll(openOperator(recipe(create({ finish }))), 2);

    expect(parts.map(({ payloads }) => payloads)).toEqual([[0, 1], [2, 3], [4]]);
    expect(parts.flatMap(({ headers }) => headers ?? [])).toHaveLength(5);
    expect(calls).toBe(1);
  });

  test("need a key for what they emit on a keyed stream", async () => {
    const finish = (emit: Emit<unknown>) => {
      emit("a", { key: "k" });
      emit("b");
    };
    const operator = openOperator(recipe(create({ finish })), { keyed: true });

    expect(() => operator.finish({} as never, 5)).toThrow(expect.objectContaining({ code: "MISSING_KEY" }));
  });

  test("emit nothing more once they have settled", async () => {
    let late: Emit<unknown> = () => undefined;
    const finish = async (emit: Emit<unknown>) => {
      late = emit;
    };
    await finishAll(openOperator(recipe(create({ finish }))));

    expect(() => late("x")).toThrow(expect.objectContaining({ code: "ILLEGAL_STATE" }));
  });

  test("may be left out", async () => {
    const operator = openOperator(recipe(create({})));

    expect([operator.endInput(0), operator.close()]).toEqual([undefined, undefined]);
    expect((await finishAll(operator)).map(({ length }) => length)).toEqual([0]);
  });
});

describe("a reduce that emits at the end", () => {
  test("emits its accumulators and then what its hook emits, in parts that fit", async () => {
    const finish = (emit: Emit<unknown>) => {
      emit("last", { key: "none" });
    };
    const step = { create: () => ({ execute: (a: number, b: number) => a + b, finish }) };
    const operator = openOperator(reduceRecipe(step, { initial: undefined, emit: "end" }), { keyed: true });
    await runRows(
      operator,
      ["a", "b", "c"].map((key) => ({ payload: 1, key })),
    );
    const parts = await finishAll(operator, 2);

    expect(parts.flatMap(({ keys }) => keys ?? [])).toEqual(["a", "b", "c", "none"]);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(2);
  });
});
