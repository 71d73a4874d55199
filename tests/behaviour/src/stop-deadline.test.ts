import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { range, rejection, simulate } from "./support/simulate.ts";

describe("the error of a stop that takes too long", () => {
  it("names the function that never returns, its record and since when", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      const stuck = gate();
      const pipeline = env("orders");
      pipeline
        .fromBatch(["first", "second"], { name: "orders" })
        .map((order) => (order === "second" ? stuck.opened.then(() => order) : order), { name: "enrich" })
        .sink(() => undefined, { name: "writer" });
      const job = await pipeline.submit();
      await clock.sleep(250);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 500 }));

      expect(hasCode(error, "STOP_TIMEOUT")).toBe(true);
      expect(error.message).toBe(
        [
          'Job "orders-1" did not stop within 500 ms. Still running:',
          "  - enrich#0 waits for its function, which has not settled record 0:1 for 750 ms",
          "  - writer#0 waits for input from enrich#0",
          "It goes on draining. Wait longer, or give up what is left with stop({ drain: false }).",
        ].join("\n"),
      );
      stuck.open();
      expect((await job.done).state).toBe("completed");
    }));

  it("names the sink that is blocked and the steps that wait for room before it", () =>
    simulate({ capacity: 2 }, async ({ env, clock }) => {
      const stuck = gate();
      const pipeline = env("orders");
      pipeline
        .fromBatch(range(100), { name: "orders" })
        .map((order) => order, { name: "enrich" })
        .sink(() => stuck.opened, { name: "writer" });
      const job = await pipeline.submit();
      await clock.sleep(40);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 500 }));

      expect(error.message).toBe(
        [
          'Job "orders-1" did not stop within 500 ms. Still running:',
          "  - orders#0 waits for room in enrich#0 (its queue holds 2 of 2 records) for 540 ms",
          "  - enrich#0 waits for room in writer#0 (its queue holds 2 of 2 records) for 540 ms",
          "  - writer#0 waits for its function, which has not settled record 1:0 for 540 ms",
          "It goes on draining. Wait longer, or give up what is left with stop({ drain: false }).",
        ].join("\n"),
      );
      stuck.open();
      expect((await job.done).ledger.undelivered).toBe(0);
    }));

  it("names the record that waits for its next attempt and when that is due", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      const pipeline = env("orders");
      const retry = { attempts: 5, initialMs: 10_000 };
      pipeline
        .fromBatch(["first"], { name: "orders" })
        .map(
          () => {
            throw new Error("no connection");
          },
          { name: "enrich", onError: { retry, onExhausted: "skip" } },
        )
        .run({ name: "end" });
      const job = await pipeline.submit();
      await clock.sleep(15_000);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 1000 }));

      expect(error.message).toBe(
        [
          'Job "orders-1" did not stop within 1000 ms. Still running:',
          "  - enrich#0 waits for attempt 3 at record 0:0, which is due in 14000 ms",
          "  - end#0 waits for input from enrich#0",
          "It goes on draining. Wait longer, or give up what is left with stop({ drain: false }).",
        ].join("\n"),
      );
      await job.stop({ drain: false });
    }));

  it("names how many records of a concurrent step do not settle", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      const stuck = gate();
      const pipeline = env("orders");
      pipeline.fromBatch(range(3)).sink(() => stuck.opened, { name: "writer", concurrency: 3 });
      const job = await pipeline.submit();
      await clock.sleep(1);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 100 }));

      expect(error.message).toContain(
        "writer#0 waits for its function, which has not settled record 0:0 for 101 ms, and 2 more records",
      );
      stuck.open();
      await job.done;
    }));

  it("of a cancel says that user code should give up when ctx.signal fires", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      const stuck = gate();
      const pipeline = env("orders");
      pipeline.fromBatch([1], { name: "orders" }).sink(() => stuck.opened, { name: "writer" });
      const job = await pipeline.submit();
      await clock.sleep(1);

      const error = await rejection(job.stop({ drain: false, timeoutMs: 100 }));

      expect(error.message).toBe(
        [
          'Job "orders-1" did not stop within 100 ms. Still running:',
          "  - writer#0 waits for its function, which has not settled since the task was cancelled",
          "What was cancelled does not settle. Let user code give up when ctx.signal fires.",
        ].join("\n"),
      );
      expect((await job.done).state).toBe("cancelled");
      stuck.open();
    }));

  it.each([
    ["onInputEnd()", (wait: () => Promise<void>) => ({ onInputEnd: wait })],
    ["finish()", (wait: () => Promise<void>) => ({ finish: wait })],
    ["close()", (wait: () => Promise<void>) => ({ close: wait })],
  ])("names the %s that does not settle", (hook, hooks) =>
    simulate({ capacity: 10 }, async ({ env }) => {
      const stuck = gate();
      const pipeline = env("orders");
      const step = { create: () => ({ execute: (n: number) => n, ...hooks(() => stuck.opened) }) };
      pipeline.fromBatch([1]).map(step, { name: "enrich" }).run();
      const job = await pipeline.submit();

      const error = await rejection(job.stop({ drain: true, timeoutMs: 100 }));

      expect(error.message).toContain(`enrich#0 waits for its ${hook}, which has not settled`);
      stuck.open();
      await job.done;
    }),
  );

  it("names the source that does not end", () =>
    simulate({ capacity: 10 }, async ({ env, clock }) => {
      const stuck = gate();
      const pipeline = env("orders");
      pipeline
        .fromBatch(
          async function* () {
            yield 1;
            await stuck.opened;
          },
          { name: "orders" },
        )
        .run();
      const job = await pipeline.submit();
      await clock.sleep(1);

      const error = await rejection(job.stop({ drain: true, timeoutMs: 100 }));

      expect(error.message).toContain("orders#0 waits for the next record of its source");
      stuck.open();
      expect((await job.done).state).toBe("completed");
    }));
});
