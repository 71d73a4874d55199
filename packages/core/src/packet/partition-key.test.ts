import { describe, expect, test } from "vitest";
import { checkKey } from "./partition-key.ts";

describe("checkKey", () => {
  test.each([[""], ["k"], [0], [-0], [1.5], [Number.MAX_VALUE], [true], [false], [0n], [null]])(
    "%o is a key",
    (key) => {
      expect(checkKey(key)).toBe(key);
    },
  );

  test.each([
    [undefined, "undefined"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    [-Infinity, "-Infinity"],
    [{}, "Object"],
    [["a"], "Array"],
    [new Date(0), "Date"],
    [() => 1, "function"],
    [Symbol("s"), "symbol"],
  ])("%o is none, and the error says what it is", (value, name) => {
    const thrown = (() => {
      try {
        checkKey(value);
      } catch (error) {
        return error;
      }
    })();

    expect(thrown).toMatchObject({ code: "INVALID_KEY", kind: "usage" });
    expect((thrown as Error).message).toContain(name);
  });
});
