import { expect, test } from "vitest";
import { GatedOperator } from "../../test-support/fake-operator.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data, setUp } from "../../test-support/task-harness.ts";
import { MemoryStateStore } from "../state/memory-state-store.ts";

test("records done ahead stay so through a second crash", async () => {
  const inbox = new FakeQueue();
  const store = new MemoryStateStore();
  const open = () => store.open({ node: "map-2#0", input: inbox, deadLetters: { write: () => undefined } });
  const incarnation = async (atOnce = (_: unknown) => false) => {
    const operator = new GatedOperator();
    operator.atOnce = atOnce;
    const commit = open();
    if (commit.epoch > 1) inbox.rewind();
    const h = setUp({
      inbox,
      commit,
      operator,
      concurrency: 4,
      ordered: false,
      limits: { maxBatch: 4, maxBatchMs: 5 },
    });
    await h.start();
    return { ...h, operator, commit };
  };
  const one = await incarnation();
  inbox.offer(data(0, 0, "r0", "r1", "r2", "r3"));
  await one.settled();
  for (const r of ["r2", "r3"]) {
    one.operator.end(r);
    await one.settled();
  }
  expect(one.commit.progress.ahead).toEqual([
    [0, 2],
    [0, 3],
  ]);
  // crash 1: simply a further incarnation
  // r0 answers without a promise this time, so it is committed on its own, before the rest is taken
  const two = await incarnation((r) => r === "r0");
  expect(two.commit.progress.position).toBe(1);
  expect(two.commit.progress.ahead).toEqual([
    [0, 2],
    [0, 3],
  ]);
  // crash 2: r2 and r3 run again, and are emitted twice
  const three = await incarnation(() => true);
  expect(three.operator.calls).not.toContain("record r2");
});
