import { type Emit, type Environment, hasCode, type TaskContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { capacities, range, rejection, simulate, type World } from "./support/simulate.ts";

/** A loop without end: a record counts its turns, 10 ms each. */
function endless({ env, clock }: Pick<World, "env" | "clock">) {
  const pipeline = env();
  const back = pipeline.fromFuture<number>("back");
  const turns: number[] = [];
  pipeline
    .fromBatch([0])
    .union(back)
    .map(
      async (n, ctx) => {
        await clock.sleep(10, ctx.signal);
        turns.push(n);
        return n + 1;
      },
      { name: "turn" },
    )
    .fill(back);
  return { pipeline, turns };
}

/** A loop in which each record becomes `width` records, without end. */
function growing(pipeline: Environment, width: number, maxLoopRecords: number): void {
  const back = pipeline.fromFuture<number>("growth", { maxLoopRecords });
  pipeline
    .fromBatch([1])
    .union(back)
    .flatMap((n) => range(width).map(() => n), { name: "grow" })
    .fill(back);
}

describe.each(capacities)("a feedback loop at capacity %i", (capacity) => {
  it("freezes with pause(), and goes on without gap or repetition", () =>
    simulate({ capacity }, async (world) => {
      const { pipeline, turns } = endless(world);
      const job = await pipeline.submit();
      await world.clock.sleep(105);
      await job.pause();
      const before = turns.length;
      await world.clock.sleep(1000);
      const paused = turns.length;
      job.resume();
      await world.clock.sleep(300);

      await job.stop({ drain: false });

      expect(before).toBe(11);
      expect(paused).toBe(before);
      expect(turns.length).toBeGreaterThan(before + 20);
      expect(turns).toEqual(range(turns.length));
    }));

  it("that runs empty on the way into a pause ends after resume()", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      pipeline
        .fromBatch([1])
        .union(back)
        .filter(
          async () => {
            await clock.sleep(10);
            return false;
          },
          { concurrency: 2 },
        )
        .fill(back);
      const job = await pipeline.submit();
      await clock.sleep(5);
      await job.pause();
      await clock.sleep(100);
      job.resume();

      const report = await job.done;

      expect(report.state).toBe("completed");
    }));

  it("is cut by a cancel, with what was going round undelivered", () =>
    simulate({ capacity }, async (world) => {
      const { pipeline } = endless(world);
      const job = await pipeline.submit();
      await world.clock.sleep(100);

      const report = await job.stop({ drain: false });

      expect(report.state).toBe("cancelled");
      expect(report.ledger.balanced).toBe(true);
      expect(report.ledger.undelivered).toBeGreaterThan(0);
    }));

  it("drains: the source ends, and what is inside goes round to its end", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      let taken = 0;
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      const source = pipeline.fromBatch(async function* () {
        for (;;) {
          await clock.sleep(20);
          taken++;
          yield 1;
        }
      });
      const all = source.union(back).map(async (n) => {
        await clock.sleep(5);
        return n;
      });
      all
        .map((n) => n * 10)
        .filter((n) => n < 500)
        .fill(back);
      const collected = all.collect();
      const job = await pipeline.submit();
      await clock.sleep(205);

      const report = await job.stop({ drain: true });

      expect(report.state).toBe("completed");
      expect(report.ledger.undelivered).toBe(0);
      expect(taken).toBeGreaterThan(5);
      const records = [...job.collected(collected)].sort((a, b) => a - b);
      expect(records).toEqual([1, 10, 100].flatMap((n) => range(taken).map(() => n)));
    }));

  it("fails with its cause when a record inside fails", () =>
    simulate({ capacity }, async ({ env }) => {
      const cause = new Error("round and round");
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      pipeline
        .fromBatch([1])
        .union(back)
        .map((n) => {
          if (n === 50) throw cause;
          return n + 1;
        })
        .fill(back);

      const job = await pipeline.submit();
      const error = await rejection(job.done);

      expect(error.cause).toBe(cause);
      expect(job.report().ledger.balanced).toBe(true);
    }));

  it("that makes more records than it ends fails the job, and the loop is named with what to do", () =>
    simulate({ capacity }, async ({ env }) => {
      const pipeline = env();
      growing(pipeline, 2, 100);

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error, "LOOP_OVERFLOW")).toBe(true);
      expect(error.message).toBe(
        'Loop "growth" has more than 100 records waiting at "grow#0", its maxLoopRecords. It makes more records than ' +
          "it ends: filter them before fill(), or raise fromFuture(name, { maxLoopRecords }).",
      );
    }));

  it.each(["the head", "a step inside"])(
    "ends when %s still emits in finish(): what comes round then is a dead letter, late",
    (where) =>
      simulate({ capacity }, async ({ env, finish }) => {
        const passed: number[] = [];
        const parting = {
          create: () => ({
            execute: (n: number) => {
              passed.push(n);
              return n;
            },
            finish: (emit: Emit<number>, ctx: TaskContext) => {
              for (const n of [101, 102]) emit(n);
              return ctx.clock.sleep(10);
            },
          }),
        };
        const pipeline = env();
        const back = pipeline.fromFuture<number>("back");
        const all = pipeline.fromBatch([1, 2]).union(back);
        const turned =
          where === "the head"
            ? all.map(parting, { name: "head" })
            : all.map((n) => n, { name: "head" }).map(parting);
        turned.filter((n) => n > 100).fill(back);

        const { job, report } = await finish(pipeline);

        expect(passed).toEqual([1, 2]);
        expect(job.deadLetters.list()).toMatchObject([
          { record: 101, reason: "late", node: "head#0", error: { code: "ILLEGAL_STATE" } },
          { record: 102, reason: "late", node: "head#0" },
        ]);
        expect(report.ledger.deadLettered).toBe(2);
      }),
  );
});

describe("a feedback loop", () => {
  it("takes nothing from outside while as much comes back as fits its inbox", () =>
    simulate({ capacity: 4 }, async ({ env, clock }) => {
      let taken = 0;
      let most = 0;
      const inside = new Set<number>();
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      pipeline
        .fromBatch(
          (function* () {
            for (;;) yield ++taken;
          })(),
        )
        .union(back)
        .map(
          async (n, ctx) => {
            most = Math.max(most, inside.add(n).size);
            await clock.sleep(100, ctx.signal);
            return n;
          },
          { concurrency: 100 },
        )
        .fill(back);
      const job = await pipeline.submit({ maxBatch: 4 });
      await clock.sleep(10_000);
      await job.stop({ drain: false });

      expect(most).toBeGreaterThanOrEqual(4);
      expect(most).toBeLessThanOrEqual(2 * 4);
      expect(taken).toBeLessThanOrEqual(4 * 4);
    }));

  it("is named by the stop deadline while something inside does not return", () =>
    simulate({}, async ({ env, clock }) => {
      const stuck = gate();
      const pipeline = env();
      const back = pipeline.fromFuture<number>("back");
      pipeline
        .fromBatch([1])
        .union(back)
        .map((n) => n, { name: "head" })
        .filter(() => stuck.opened.then(() => false), { name: "turn" })
        .fill(back);
      const job = await pipeline.submit();
      await clock.sleep(1);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 100 }));

      expect(error.message).toContain("head#0 waits for input from loop");
      expect(error.message).toContain("turn#0 waits for its function");
      stuck.open();
      expect((await job.done).state).toBe("completed");
    }));
});
