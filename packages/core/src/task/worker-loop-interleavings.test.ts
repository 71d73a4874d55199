import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatedOperator } from "../../test-support/fake-operator.ts";
import { setUp } from "../../test-support/task-harness.ts";
import { Batch } from "../packet/batch.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const keys = ["a", "b", "c"];

/** A task whose records end, and whose target takes them, when the plan says so. */
function createRun(setup: { concurrency: number; ordered: boolean; keyed: boolean }) {
  const operator = new GatedOperator();
  operator.atOnce = (n) => (n as number) % 3 === 0;
  const { concurrency, ordered, keyed } = setup;
  const harness = setUp({
    operator,
    concurrency,
    ordered,
    room: 3,
    channels: [{ channel: 0, inputIndex: 0, source: "a#0" }],
  });
  const { task, inbox, target, settled, host } = harness;
  let fed = 0;
  let pauses: Promise<void> = Promise.resolve();
  let paused = false;
  let stillSince: number | undefined;
  const begun = () => operator.calls.filter((call) => call.startsWith("record")).length;
  const actions: Record<string, (n: number) => void> = {
    feed: (n) => {
      const numbers = Array.from({ length: (n % 4) + 1 }, (_, i) => fed + i);
      const keysOf = keyed ? numbers.map((each) => keys[each % keys.length] as string) : undefined;
      inbox.offer(new Batch(0, fed, numbers, keysOf));
      fed += numbers.length;
    },
    end: (n) => {
      const flying = [...operator.flying.keys()];
      if (flying.length > 0) operator.end(flying[n % flying.length]);
    },
    pause: () => {
      paused = true;
      pauses = task.pause().then(() => {
        if (paused) stillSince ??= begun();
      });
    },
    resume: () => {
      paused = false;
      stillSince = undefined;
      task.resume();
    },
    wait: (n) => host.clock.advance((n % 10) + 1),
    drain: () => target.drain(),
  };
  const check = () => {
    if (stillSince !== undefined) expect(begun()).toBe(stillSince);
    if (paused && operator.flying.size === 0) expect(stillSince).toBeDefined();
    expect(operator.most).toBeLessThanOrEqual(concurrency);
    expect(operator.clashes).toEqual([]);
    expect(inbox.positions).toEqual([...inbox.positions].sort((a, b) => a - b));
  };
  const finish = async () => {
    inbox.offer(new Batch(0, fed, [], undefined, undefined, { source: "a#0", time: 0 }));
    for (let turn = 0; task.report().state === "running"; turn++) {
      expect(turn).toBeLessThan(1000);
      actions.resume?.(0);
      target.drain();
      actions.end?.(turn);
      await settled();
      check();
    }
    await pauses;
  };
  return { ...harness, operator, actions, check, finish, fed: () => fed };
}

const plans = fc.array(
  fc.tuple(fc.constantFrom("feed", "feed", "end", "end", "pause", "resume", "wait", "drain"), fc.nat()),
  { maxLength: 30 },
);
const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 4 }),
  ordered: fc.boolean(),
  keyed: fc.boolean(),
});

describe("a task's loop, whatever is fed, settled, paused, resumed and drained when", () => {
  test("handles every record once, keeps the order, holds still while paused, and ends after its last one", async () => {
    await fc.assert(
      fc.asyncProperty(plans, settings, async (plan, setup) => {
        const { task, operator, actions, start, settled, check, finish, payloads, stops, inbox, fed } =
          createRun(setup);
        await start();
        for (const [action, n] of plan) {
          actions[action]?.(n);
          await settled();
          check();
        }
        await finish();

        expect(await task.done).toEqual({ state: "completed" });
        const all = Array.from({ length: fed() }, (_, n) => n);
        const sent = payloads() as number[];
        expect(setup.ordered ? sent : sent.toSorted((a, b) => a - b)).toEqual(all);
        expect(operator.calls.slice(-3)).toEqual(["end of input 0", "finish", "close"]);
        expect([stops(), inbox.size(), task.report().ledger.processed]).toEqual([1, 0, fed()]);
      }),
    );
  });
});
