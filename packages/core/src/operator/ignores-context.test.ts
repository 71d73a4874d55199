import { describe, expect, test } from "vitest";
import { ignoresContext } from "./ignores-context.ts";

describe("a function that ignores its context", () => {
  test.each<[string, unknown]>([
    ["an arrow of a record", (n: number) => n],
    ["an arrow of nothing", () => 1],
    ["an asynchronous arrow", async (n: number) => n],
    ["an arrow that takes a record apart", ({ a, b }: { a: number; b: number }) => a + b],
    ["an arrow that takes a tuple apart", ([a, b]: [number, number]) => a + b],
    [
      "a function",
      function named(n: number) {
        return n;
      },
    ],
  ])("is recognised: %s", (_, step) => {
    expect(ignoresContext(step)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["two parameters", (_: number, ctx: object) => ctx],
    ["a parameter with a default behind the record", (_: number, ctx: unknown = undefined) => ctx],
    ["a default within the record", ({ a = 1 }: { a?: number }) => a],
    ["all parameters", (...all: unknown[]) => all[1]],
    ["the rest of the parameters", (_: number, ...rest: unknown[]) => rest[0]],
    [
      "its arguments",
      function named(_: number) {
        // biome-ignore lint/complexity/noArguments: that is what must be found
        return arguments[1];
      },
    ],
    ["no text of its own", ((_: number, ctx: object) => ctx).bind(undefined)],
    ["a class", class {}],
    ["a factory", { create: () => ({}) }],
  ])("is not said of one with %s", (_, step) => {
    expect(ignoresContext(step)).toBe(false);
  });
});
