import { describe, expect, test } from "vitest";
import { runRows } from "../../test-support/run-operator.ts";
import { openOperator } from "../../test-support/runner-harness.ts";
import { missingMethods } from "./co-map-operator.ts";
import { CoMapFunction } from "./join-functions.ts";
import { coMapRecipe } from "./operator-recipes.ts";

class Tagging extends CoMapFunction<string> {
  seen = 0;
  map0(n: number) {
    return `number ${n}, ${++this.seen}`;
  }
  async map1(text: string) {
    return `text ${text}, ${++this.seen}`;
  }
}

const rows = [
  { payload: 1, key: "k", input: 0 },
  { payload: "a", key: "l", input: 1 },
  { payload: 2, key: null, input: 0 },
];

describe("coMap", () => {
  test.each<[string, unknown]>([
    ["a class", Tagging],
    ["a factory", { create: () => new Tagging() }],
    ["an object", new Tagging()],
  ])("maps the records of each input with its method of %s, on one instance", async (_, step) => {
    const { out } = await runRows(openOperator(coMapRecipe(step, 2)), rows);

    expect(out.payloads).toEqual(["number 1, 1", "text a, 2", "number 2, 3"]);
    expect(out.keys).toEqual(["k", "l", null]);
  });

  test("drops a record whose method answers undefined, and counts it; null is data", async () => {
    const step = { map0: () => undefined, map1: async () => null };
    const { out, filtered } = await runRows(openOperator(coMapRecipe(step, 2)), rows);

    expect([out.payloads, filtered]).toEqual([[null], 2]);
  });

  test("refuses an instance that lacks a method, which only making it can tell", () => {
    const create = () => openOperator(coMapRecipe({ create: () => ({ map0: () => 1 }) }, 2));

    expect(create).toThrow(expect.objectContaining({ code: "INVALID_OPTION", details: expect.anything() }));
    expect(create).toThrow("map1");
  });

  test("knows before which methods an object or a class lacks", () => {
    expect(missingMethods(Tagging, 3)).toEqual(["map2"]);
    expect(missingMethods({ map1: () => 1 }, 2)).toEqual(["map0"]);
    expect(missingMethods(undefined, 1)).toEqual(["map0"]);
    expect(missingMethods({ create: () => undefined }, 2)).toEqual([]);
  });

  test("calls the hooks of its instance", async () => {
    const calls: unknown[] = [];
    const step = {
      map0: () => 1,
      open: () => void calls.push("open"),
      onInputEnd: (index: number) => void calls.push(index),
      close: () => void calls.push("close"),
    };
    const operator = openOperator(coMapRecipe(step, 1));
    operator.endInput(0);
    operator.close();

    expect(calls).toEqual(["open", 0, "close"]);
  });
});
