import { expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { boom } from "../../test-support/fake-operator.ts";
import { supervise } from "../../test-support/supervisor-harness.ts";

test("a cancel while the next incarnation's open never settles ends the task", async () => {
  const { task, fail, passed, ends } = await supervise({
    arrange: (next, n) => {
      if (n === 2) next.onOpen = () => new Promise(() => undefined); // ignores everything
    },
  });
  await fail(boom);
  await passed(100);
  void task.cancel(); // cancels the incarnation, whose cancel() resolves
  await settle();
  await passed(100_000);
  expect(ends).toEqual([{ state: "cancelled" }]);
});
