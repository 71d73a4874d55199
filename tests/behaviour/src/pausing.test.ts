import type { Emit } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { paused, phases } from "./support/paused-phases.ts";
import { capacities, range, simulate } from "./support/simulate.ts";

describe.each(capacities)("pause() at capacity %i", (capacity) => {
  it.each(phases)(
    "while %s freezes the sink's count; resume() goes on without gap or repetition",
    (_, build) =>
      simulate({ capacity }, async (world) => {
        const { job, received } = await paused(build, world);
        const before = received.length;
        const status = job.status();
        await world.clock.sleep(10_000);
        const after = received.length;
        job.resume();
        const report = await job.done;

        expect(status).toBe("paused");
        expect(before).toBeLessThan(50);
        expect(after).toBe(before);
        expect(received).toEqual(range(50));
        expect(report.ledger.balanced).toBe(true);
      }),
  );

  it.each(phases)("while %s lets a drain deliver everything that was taken", (_, build) =>
    simulate({ capacity }, async (world) => {
      const { job, received } = await paused(build, world);
      await world.clock.sleep(100);

      const report = await job.stop({ drain: true });

      expect(report.state).toBe("completed");
      expect(report.ledger.undelivered).toBe(0);
      expect(received).toEqual(range(report.ledger.read));
    }),
  );

  it.each(phases)("while %s lets a cancel end the job at once", (_, build) =>
    simulate({ capacity }, async (world) => {
      const { job, received } = await paused(build, world);
      const pausedAt = world.clock.monotonic();
      const before = received.length;

      const report = await job.stop({ drain: false });

      expect(report.state).toBe("cancelled");
      expect(report.ledger.balanced).toBe(true);
      expect(received).toHaveLength(before);
      expect(world.clock.monotonic()).toBe(pausedAt);
    }),
  );

  it("comes at rest only when the record in flight is done", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const done: number[] = [];
      const pipeline = env();
      pipeline.fromBatch(range(5)).sink(async (n) => {
        await clock.sleep(100);
        done.push(n);
      });
      const job = await pipeline.submit();
      await clock.sleep(150);

      await job.pause();

      const atRest = done.length;
      expect(clock.monotonic()).toBe(100 * atRest);
      await clock.sleep(1000);
      expect(done).toEqual(range(atRest));
      job.resume();
      await job.done;
      expect(done).toEqual(range(5));
    }));
});

describe("pause()", () => {
  it("comes at rest when the last record in flight is done and the next ones are being waited for", () =>
    simulate({}, async ({ env, clock }) => {
      const done: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(async function* ({ signal }) {
          yield* [0, 1];
          await clock.sleep(1000, signal);
          yield 2;
        })
        .sink(
          async (n) => {
            await clock.sleep(10);
            done.push(n);
          },
          { concurrency: 4 },
        );
      const job = await pipeline.submit();
      await clock.sleep(5);

      await job.pause();

      expect(clock.monotonic()).toBe(10);
      job.resume();
      await job.done;
      expect(done).toEqual([0, 1, 2]);
    }));

  it("comes at rest when what a step emits in finish() waits for room", () =>
    simulate({ capacity: 1 }, async ({ env, clock }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch([0])
        .flatMap({
          create: () => ({
            execute: async (n: number) => {
              await clock.sleep(10);
              return [n];
            },
            finish: (emit: Emit<number>) => range(5).forEach((n) => void emit(n + 1)),
          }),
        })
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(5);

      await job.pause();

      expect(clock.monotonic()).toBe(10);
      expect(job.collected(collected).length).toBeLessThan(6);
      job.resume();
      await job.done;
      expect(job.collected(collected)).toEqual(range(6));
    }));

  it("twice, and resume() twice, are as good as once", () =>
    simulate({ capacity: 4 }, async (world) => {
      const received: number[] = [];
      const pipeline = world.env();
      pipeline.fromBatch(range(20)).sink(async (n) => {
        await world.clock.sleep(1);
        received.push(n);
      });
      const job = await pipeline.submit();

      await Promise.all([job.pause(), job.pause()]);
      await job.pause();
      job.resume();
      job.resume();
      await job.done;

      expect(received).toEqual(range(20));
    }));

  it("at random times, again and again, changes nothing but the time", () =>
    simulate({ capacity: 3, seed: 7 }, async ({ env, clock, random }) => {
      const pipeline = env();
      const collected = pipeline
        .fromBatch(range(200))
        .map(
          async (n) => {
            await clock.sleep(n % 4);
            return n;
          },
          { concurrency: 3 },
        )
        .map((n) => n, { parallelism: 2 })
        .collect();
      const job = await pipeline.submit();
      let ended = false;
      const done = job.done.finally(() => {
        ended = true;
      });
      while (!ended) {
        await clock.sleep(random.integer(15));
        await job.pause();
        await clock.sleep(random.integer(15));
        job.resume();
        await clock.sleep(1);
      }

      expect((await done).ledger.balanced).toBe(true);
      expect([...job.collected(collected)].sort((a, b) => a - b)).toEqual(range(200));
    }));

  it("of a job that has ended has no effect, nor has resume()", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).run();
      const { job } = await finish(pipeline);

      await job.pause();
      job.resume();

      expect(job.status()).toBe("completed");
    }));

  it("is told by the status of the job and by what its tasks wait for", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline.fromBatch(range(5000)).sink(() => undefined, { name: "writer" });
      const job = await pipeline.submit();

      await job.pause();

      expect(job.status()).toBe("paused");
      expect(job.metrics().state).toBe("paused");
      expect(job.metrics().tasks.map(({ waitsFor }) => waitsFor)).toContain("resume(): the job is paused");
      job.resume();
      await job.done;
    }));
});
