import { expect, test } from "vitest";
import { LogTail } from "./log-tail.ts";

test("lines have numbers that rise, and are asked for from any of them on", () => {
  const tail = new LogTail<{ readonly text: string }>(3, 70);
  for (const text of ["a", "b", "c", "d"]) tail.add({ text });

  expect(tail.behind(undefined, 10).map(({ id, text }) => id + text)).toEqual(["71b", "72c", "73d"]);
  expect(tail.behind("71", 1).map(({ text }) => text)).toEqual(["c"]);
});
