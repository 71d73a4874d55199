import { expect, test } from "vitest";
import { answered, createStore, unhandledIn } from "../../test-support/store-harness.ts";
import { data } from "../../test-support/task-harness.ts";

// A commit whose answer was lost on its way (COMMIT_UNANSWERED): nobody subscribes to `delivered` before the resend.
test("a single wait that fails while nobody hears of it is no unhandled rejection", async () => {
  const { commit, unit, target } = createStore({ room: 0 });
  const unhandled = await unhandledIn(async () => {
    answered(commit, unit(1, ["a"]));
    target.fail(new Error("closed"));
  });
  expect(unhandled).toEqual([]);
});
test("a target that throws at once is none either", async () => {
  const { commit, unit } = createStore();
  const unhandled = await unhandledIn(async () => {
    const queue = {
      offer: () => false,
      put: () => {
        throw new Error("overflow");
      },
    };
    answered(
      commit,
      unit(1, [], { outputs: [{ queue: queue as never, batch: data(0, 0, "a"), connection: {} as never }] }),
    );
  });
  expect(unhandled).toEqual([]);
});
