import { describe, expect, test } from "vitest";
import { describeValue, hasCode, isSageError, reasonOf, SageError } from "./sage-error.ts";

describe("SageError", () => {
  test("is an Error that keeps its cause", () => {
    const cause = new RangeError("low");
    const error = new SageError("JOB_NOT_FOUND", { job: "j" }, { cause });

    expect(error).toBeInstanceOf(Error);
    expect(error.cause).toBe(cause);
    expect(error.name).toBe("SageError");
  });

  test("has no cause property when none was given", () => {
    expect("cause" in new SageError("JOB_NOT_FOUND", { job: "j" })).toBe(false);
  });

  test("is recognised by its brand, so also when it comes from another copy of the package", () => {
    const foreignCopy = Object.assign(new Error("x"), {
      [Symbol.for("@sage-kernel/error")]: true,
      code: "CANCELLED",
    });

    expect(isSageError(foreignCopy)).toBe(true);
    expect(hasCode(foreignCopy, "CANCELLED")).toBe(true);
    expect(hasCode(foreignCopy, "QUEUE_CLOSED")).toBe(false);
  });

  test.each([
    [null],
    [undefined],
    ["CANCELLED"],
    [{ code: "CANCELLED", kind: "cancelled" }],
    [new Error("x")],
  ])("%o is not taken for one", (value) => {
    expect(isSageError(value)).toBe(false);
    expect(hasCode(value, "CANCELLED")).toBe(false);
  });

  test("does not show its brand among its own enumerable fields", () => {
    const error = new SageError("CANCELLED", { what: "x" });

    expect(Reflect.ownKeys({ ...error }).filter((key) => typeof key === "symbol")).toEqual([]);
  });
});

describe("reasonOf", () => {
  test.each([
    [new RangeError("too low"), "RangeError: too low"],
    [new TypeError(), "TypeError"],
    ["plain words", "plain words"],
    [42, "the number 42"],
    [undefined, "undefined"],
    [null, "null"],
    [{ a: 1 }, "an object (Object)"],
  ])("describes what was thrown: %o", (thrown, reason) => {
    expect(reasonOf(thrown)).toBe(reason);
  });
});

describe("describeValue", () => {
  test.each([
    [true, "true"],
    [NaN, "the number NaN"],
    [10n, "the bigint 10"],
    ['a"b', 'the string "a\\"b"'],
    [Object.create(null), "an object (no prototype)"],
    [new Map(), "an object (Map)"],
    [() => 1, "a function"],
    [Symbol("s"), "a symbol"],
  ])("names type and value of %o", (value, text) => {
    expect(describeValue(value)).toBe(text);
  });

  test("cuts a long string", () => {
    expect(describeValue("x".repeat(10_000)).length).toBeLessThan(80);
  });
});
