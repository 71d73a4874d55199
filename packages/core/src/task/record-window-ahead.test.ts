import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { GatedOperator } from "../../test-support/fake-operator.ts";
import { createRunnerScope, type RunnerSetup } from "../../test-support/runner-harness.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { RecordId } from "../state/commit.port.ts";
import { AheadRecords } from "./ahead-records.ts";
import { RecordWindow } from "./record-window.ts";

/** A window over four records, of which an earlier incarnation has done some. */
async function setUp(done: readonly RecordId[], setup: RunnerSetup = {}) {
  const operator = new GatedOperator();
  const parts = createRunnerScope(operator, { concurrency: 4, ordered: false, ...setup });
  const scope = { ...parts.scope, ahead: new AheadRecords(done) };
  const window = new RecordWindow(scope, 8, () => undefined);
  const batch = new Batch(3, 10, [10, 11, 12, 13]);
  const delivery: Delivery = { batches: [batch], position: null, done: false };
  window.add({ delivery, before: 0, batch, input: 0, from: 0, first: undefined, stops: true });
  window.start();
  await tick();
  const end = async (n: number) => {
    operator.end(n);
    await tick();
    window.advance();
  };
  return { ...parts, window, operator, end };
}

describe("a window over records of which an earlier incarnation has done some", () => {
  test("starts the others only", async () => {
    const { operator } = await setUp([
      [3, 11],
      [3, 12],
      [4, 10],
    ]);

    expect([...operator.flying.keys()]).toEqual([10, 13]);
  });

  test.each([true, false])(
    "neither counts nor emits them again, and moves over them in their turn (ordered: %s)",
    async (ordered) => {
      const { window, end, out, ledger } = await setUp(
        [
          [3, 11],
          [3, 12],
        ],
        { ordered },
      );
      await end(10);
      const part = window.takeProgress();
      expect([part?.done, part?.consumed.flatMap(({ payloads }) => payloads)]).toEqual([3, [10, 11, 12]]);

      await end(13);
      expect([window.empty, window.takeProgress()?.done]).toEqual([true, 4]);
      expect([out.payloads, ledger.processed]).toEqual([[10, 13], 2]);
    },
  );

  test("names them among the records behind the position as long as they are", async () => {
    const { window, end } = await setUp([
      [3, 11],
      [3, 13],
    ]);
    await end(12);
    expect(window.takeProgress()?.ahead).toEqual([
      [3, 11],
      [3, 12],
      [3, 13],
    ]);

    await end(10);
    expect(window.takeProgress()?.ahead).toEqual([]);
  });
});
