import { describe, expect, it } from "vitest";
import { range, simulate } from "./support/simulate.ts";

describe("pausing a slow step", () => {
  it("comes between two records of a slow step, and does not wait for the rest of what was taken", () =>
    simulate({}, async ({ env, clock }) => {
      const received: number[] = [];
      const pipeline = env();
      pipeline
        .fromBatch(range(64))
        .map((n) => (n < 32 ? n : clock.sleep(1000).then(() => n)))
        .sink((n) => void received.push(n));
      const job = await pipeline.submit();
      await clock.sleep(1500);

      await job.pause();

      expect(clock.monotonic()).toBe(2000);
      const frozen = received.length;
      await clock.sleep(60_000);
      expect(received).toHaveLength(frozen);
      job.resume();
      await job.done;
      expect(received).toEqual(range(64));
    }));

  it.each([1, 3])("does not wait for a backoff, and starts no attempt (concurrency %i)", (concurrency) =>
    simulate({}, async ({ env, clock }) => {
      const attempts: number[] = [];
      const pipeline = env();
      const kept = pipeline
        .fromBatch([1])
        .map(
          async (n) => {
            attempts.push(clock.monotonic());
            if (attempts.length < 2) throw new Error("not yet");
            return n;
          },
          { concurrency, onError: { retry: { attempts: 2, initialMs: 10_000 } } },
        )
        .collect();
      const job = await pipeline.submit();
      await clock.sleep(100);

      await job.pause();

      expect(clock.monotonic()).toBe(100);
      await clock.sleep(60_000);
      expect(attempts).toHaveLength(1);
      job.resume();
      await job.done;
      expect(attempts).toEqual([0, 60_100]);
      expect(job.collected(kept)).toEqual([1]);
    }),
  );

  it("may be followed by a cancel while records are held", () =>
    simulate({}, async ({ env, clock }) => {
      const pipeline = env();
      pipeline
        .fromBatch(range(10))
        .map((n) => clock.sleep(10).then(() => n), { onError: { retry: 2 } })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(25);
      await job.pause();

      const report = await job.stop({ drain: false });

      expect(report.state).toBe("cancelled");
    }));
});
