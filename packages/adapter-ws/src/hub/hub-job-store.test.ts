import { TaskLedger, type UnitOfWork } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { HubJobStore } from "./hub-job-store.ts";

test("what is collected is in the order of the commits, and what was read of it stays as it was", async () => {
  const store = new HubJobStore({ version: 1 } as never, "pass");
  const again: unknown[][] = [];
  const open = () =>
    store.open({
      node: "t",
      input: { advance: () => undefined },
      deadLetters: { write: () => undefined },
      recollect: (records) => again.push([...records]),
    });
  const commit = open();
  const unit = (sequence: number, collected: readonly unknown[]): UnitOfWork => ({
    ...{
      epoch: commit.epoch,
      sequence,
      attempt: 1,
      position: undefined,
      consumed: [],
      ahead: [],
      outputs: [],
    },
    ...{ deadLetters: [], collected, state: [], handedOut: 0, finished: false, ledger: new TaskLedger() },
  });
  await store.commit("t", unit(1, [1, 2]));
  const read = store.collected("t");
  await store.commit("t", unit(2, [3]));
  expect([read, store.collected("t")]).toEqual([
    [1, 2],
    [1, 2, 3],
  ]);
  open();
  expect(again).toEqual([[], [1, 2, 3]]);
});
