import { expect, test } from "vitest";
import { supervise } from "../../test-support/supervisor-harness.ts";
import { SageError } from "../errors/sage-error.ts";

test("a fenced incarnation gives up: nobody fences the one that has taken over", async () => {
  const { fail, passed, incarnations, ends } = await supervise();
  await fail(new SageError("FENCED", { node: "map-2#0", epoch: 1 }), true);
  await passed(100);
  expect([incarnations.length, ends.length]).toEqual([1, 1]);
});
