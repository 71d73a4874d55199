import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate } from "./support/simulate.ts";

describe("backpressure", () => {
  it("takes at most capacity and one batch per hop from the source while the sink is blocked", () =>
    simulate({ capacity: 100 }, async ({ env, scheduler, clock }) => {
      let taken = 0;
      let release = (): void => undefined;
      const blocked = new Promise<void>((resolve) => {
        release = resolve;
      });
      function* counted(): Generator<number> {
        for (const n of range(50_000)) {
          taken++;
          yield n;
        }
      }
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(counted())
        .map((n) => n)
        .sink(async (n) => {
          await blocked;
          received.push(n);
        });
      const job = await pipeline.submit();
      await clock.sleep(1000);
      const whileBlocked = taken;
      release();
      const report = await job.done;

      expect(scheduler.steps).toBeGreaterThan(0);
      expect(whileBlocked).toBeGreaterThan(100);
      expect(whileBlocked).toBeLessThanOrEqual(2 * (100 + 256) + 256);
      expect(received).toEqual(range(50_000));
      expect(report.ledger.balanced).toBe(true);
    }));
});

describe("stop", () => {
  it("with drain ends an endless source and delivers everything that was taken", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      let taken = 0;
      async function* endless(): AsyncGenerator<number> {
        for (;;) {
          await clock.sleep(10);
          yield taken++;
        }
      }
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(endless())
        .map((n) => n)
        .sink((n) => void received.push(n));
      const job = await pipeline.submit();
      await clock.sleep(995);

      const report = await job.stop({ drain: true });

      expect(report.state).toBe("completed");
      expect(received).toEqual(range(taken));
      expect(taken).toBeGreaterThan(90);
      expect(report.ledger.balanced).toBe(true);
      expect(report.ledger.undelivered).toBe(0);
    }));

  it("with drain ends an endless synchronous source too", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      let taken = 0;
      let returned = false;
      function* endless(): Generator<number> {
        try {
          for (;;) yield taken++;
        } finally {
          returned = true;
        }
      }
      const received: number[] = [];
      const pipeline = env();
      pipeline.fromBatch(endless()).sink(async (n) => {
        await clock.sleep(1);
        received.push(n);
      });
      const job = await pipeline.submit();
      await clock.sleep(100);

      await job.stop({ drain: true });

      expect(received).toEqual(range(taken));
      expect(returned).toBe(true);
    }));

  it("without drain ends at once and reports what was not delivered", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      const pipeline = env();
      pipeline.fromBatch(range(1000)).sink((_, ctx) => clock.sleep(1_000_000, ctx.signal));
      const job = await pipeline.submit();
      await clock.sleep(1);

      const report = await job.stop({ drain: false, timeoutMs: 5000 });

      expect(report.state).toBe("cancelled");
      expect(job.status()).toBe("cancelled");
      expect(report.ledger.read).toBeGreaterThan(0);
      expect(report.ledger.undelivered).toBe(report.ledger.read);
      expect(report.ledger.balanced).toBe(true);
      expect(clock.monotonic()).toBeLessThanOrEqual(5001);
    }));

  it("past its deadline names the task that blocks and what it waits for", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      let release = (): void => undefined;
      const stuck = new Promise<void>((resolve) => {
        release = resolve;
      });
      const pipeline = env();
      pipeline.fromBatch(range(100)).sink(() => stuck, { name: "writer" });
      const job = await pipeline.submit();
      await clock.sleep(1);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 500 }));

      expect(hasCode(error, "STOP_TIMEOUT")).toBe(true);
      expect(error.message).toContain("writer#0 waits for its function");
      expect(job.status()).toBe("draining");
      release();
      expect((await job.done).state).toBe("completed");
    }));

  it.each([-1, Number.NaN])("refuses the deadline %d", (timeoutMs) =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).run();
      const { job } = await finish(pipeline);

      expect(hasCode(await rejection(job.stop({ timeoutMs })), "INVALID_OPTION")).toBe(true);
    }),
  );
});
