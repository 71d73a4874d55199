import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { range, simulate } from "./support/simulate.ts";

describe("least-loaded", () => {
  it("gives the records to the others while one instance is blocked", () =>
    simulate({ capacity: 8 }, async ({ env, clock }) => {
      const blocked = gate();
      const byInstance = new Map<number, number>();
      const pipeline = env();
      pipeline
        .fromBatch(async function* () {
          for (const n of range(300)) {
            await clock.sleep(1);
            yield n;
          }
        })
        .sink(
          async (_, ctx) => {
            if (ctx.index === 1) await blocked.opened;
            byInstance.set(ctx.index, (byInstance.get(ctx.index) ?? 0) + 1);
          },
          { parallelism: 3, partitioner: "least-loaded" },
        );
      const job = await pipeline.submit();
      await clock.sleep(1000);
      const whileBlocked = [0, 1, 2].map((index) => byInstance.get(index) ?? 0);
      blocked.open();
      const report = await job.done;

      expect(whileBlocked[1]).toBe(0);
      expect(whileBlocked.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(300 - 8);
      expect([...byInstance.values()].reduce((a, b) => a + b)).toBe(300);
      expect(report.ledger.balanced).toBe(true);
    }));

  it("takes them in turn while all are equally full", () =>
    simulate({}, async ({ results, clock }) => {
      // Nothing is taken before all are sent: what is free again is known later through some queues than through others.
      const sent = gate();
      const { records } = await results((env) =>
        env
          .fromBatch(async function* () {
            yield* range(9);
            await clock.sleep(1);
            sent.open();
          })
          .map(
            async (n, ctx) => {
              await sent.opened;
              return [n, ctx.index] as const;
            },
            { parallelism: 3, partitioner: "least-loaded" },
          ),
      );

      const perInstance = range(3).map((index) => records.filter(([, at]) => at === index).length);
      expect(perInstance).toEqual([3, 3, 3]);
    }));

  it("delivers each record once through inboxes of one", () =>
    simulate({ capacity: 1 }, async ({ results, clock }) => {
      const { records } = await results((env) =>
        env.fromBatch(range(100)).map(
          async (n, ctx) => {
            await clock.sleep(ctx.index);
            return n;
          },
          { parallelism: 4, partitioner: "least-loaded" },
        ),
      );

      expect([...records].sort((a, b) => a - b)).toEqual(range(100));
    }));
});
