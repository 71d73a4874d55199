import { expect, test } from "vitest";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { createResources } from "../../test-support/runner-harness.ts";
import { data, setUp } from "../../test-support/task-harness.ts";
import { reduceRecipe } from "../operator/operator-recipes.ts";
import { Batch } from "../packet/batch.ts";
import { MemoryStateStore } from "../state/memory-state-store.ts";

for (const timeoutMs of [undefined, 1000]) {
  test(`the state of every record is in the unit that moves the input over it (timeoutMs: ${timeoutMs})`, async () => {
    const inbox = new FakeQueue();
    const store = new MemoryStateStore();
    const commit = store.open({ node: "n", input: inbox, deadLetters: { write: () => undefined } });
    const operator = reduceRecipe(async (a: number, b: number) => a + b, { initial: () => 0, emit: "each" })(
      createResources(),
    );
    const { start, feed, payloads } = setUp({ inbox, commit, operator, timeoutMs });
    const harness = { inbox };
    await start();
    harness.inbox.offer(new Batch(0, 0, [1, 2], ["k", "k"]));
    await feed(data(9, 9)); // lets the task run
    expect([payloads(), commit.progress.position, commit.state.table("$reduce").get("k")]).toEqual([
      [1, 3],
      2,
      3,
    ]);
  });
}
