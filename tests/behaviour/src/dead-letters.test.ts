import type { Job } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { held } from "./support/held-source.ts";
import { capacities, range, rejection, simulate, type World } from "./support/simulate.ts";

const notSeven = (n: number): number => {
  if (n % 7 === 3) throw new RangeError(`${n} is bad`);
  return n * 10;
};

const recordsOf = (job: Job): unknown[] => job.deadLetters.list().map(({ record }) => record);

describe.each(capacities)("the dead letters of a job at capacity %i", (capacity) => {
  it("are listed, oldest first, each with an id that says where it failed", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.fromBatch(range(20)).map(notSeven, { name: "check", onError: "deadLetter" }).run();

      const { job } = await finish(pipeline);

      const ids = job.deadLetters.list().map(({ id }) => id);
      expect(recordsOf(job)).toEqual([3, 10, 17]);
      expect(ids).toEqual(["check#0/0:3", "check#0/0:10", "check#0/0:17"]);
      for (const id of ids) expect(job.deadLetters.get(id)?.id).toBe(id);
      expect(job.deadLetters.get("check#0/0:4")).toBeUndefined();
    }));

  it("have ids of their own also where several tasks and channels lead to a failing step", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      const all = pipeline.fromBatch(range(50), { parallelism: 2 }).union(pipeline.fromBatch(range(50)));
      const options = { name: "check", onError: "deadLetter", parallelism: 3 } as const;
      all.map(notSeven, options).run();

      const { job } = await finish(pipeline);

      const letters = job.deadLetters.list();
      expect(letters).toHaveLength(14);
      expect(new Set(letters.map(({ id }) => id)).size).toBe(14);
    }));

  it("carry key and headers", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const pipeline = env();
      pipeline
        .fromBatch(range(4))
        .process<number>(({ payload }, emit) => emit(payload, { headers: { trace: `t${payload}` } }))
        .keyBy((n) => `k${n}`)
        .map(notSeven, { onError: "deadLetter" })
        .run();

      const { job } = await finish(pipeline);

      expect(job.deadLetters.list()).toMatchObject([{ record: 3, key: "k3", headers: { trace: "t3" } }]);
    }));

  it("can be discarded while the job runs and after its end, once", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const end = gate();
      const pipeline = env();
      pipeline
        .fromBatch(held(range(20), end))
        .map(notSeven, { name: "check", onError: "deadLetter" })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(10);
      expect(job.deadLetters.discard("check#0/0:10")).toBe(true);
      end.open();
      const report = await job.done;

      expect(job.deadLetters.discard("check#0/0:3")).toBe(true);
      expect([job.deadLetters.discard("check#0/0:3"), job.deadLetters.discard("nobody")]).toEqual([
        false,
        false,
      ]);
      expect([recordsOf(job), job.deadLetters.size]).toEqual([[17], 1]);
      expect([report.ledger.deadLettered, report.ledger.balanced]).toEqual([3, true]);
    }));
});

/** A job whose second step fails on every second record of a hundred. */
async function halfBad({ env }: World, whenDeadLettersFull: "fail" | "block", concurrency = 1) {
  const pipeline = env();
  const good = pipeline
    .fromBatch(range(100), { name: "read" })
    .map(
      async (n) => {
        if (n % 2 === 0) throw new RangeError(`${n} is bad`);
        return n;
      },
      { name: "check", onError: "deadLetter", concurrency },
    )
    .collect();
  const job = await pipeline.submit({ deadLetterCapacity: 3, whenDeadLettersFull, maxBatch: 4 });
  return { job, good };
}

describe.each(capacities)("a full store of dead letters at capacity %i", (capacity) => {
  it("fails the job with the cause, and keeps the first ones, where it says so", () =>
    simulate({ capacity }, async (world) => {
      const { job } = await halfBad(world, "fail");

      expect(await rejection(job.done)).toMatchObject({ code: "DEAD_LETTERS_FULL", kind: "full" });
      expect(recordsOf(job)).toEqual([0, 2, 4]);
      expect([job.deadLetters.capacity, job.deadLetters.whenFull]).toEqual([3, "fail"]);
    }));

  it.each([1, 8])(
    "blocks the job until letters are discarded, and loses none, with concurrency %i",
    (concurrency) =>
      simulate({ capacity }, async (world) => {
        const { job, good } = await halfBad(world, "block", concurrency);
        const buried: unknown[] = [];
        const waits: number[] = [];
        while (buried.length < 50) {
          await world.clock.sleep(1000);
          waits.push(job.deadLetters.size);
          expect(job.deadLetters.size).toBeLessThanOrEqual(2 + Math.max(4, concurrency));
          expect(job.deadLetters.size).toBeGreaterThan(0); // as long as it blocks there is something to take out
          for (const { id, record } of job.deadLetters.list()) {
            buried.push(record);
            job.deadLetters.discard(id);
          }
        }
        const report = await job.done;

        expect(waits.length).toBeGreaterThan(5);
        expect([...buried].sort((a, b) => Number(a) - Number(b))).toEqual(range(50).map((n) => 2 * n));
        expect(job.collected(good)).toEqual(range(50).map((n) => 2 * n + 1));
        expect(report.ledger).toMatchObject({ deadLettered: 50, balanced: true, undelivered: 0 });
      }),
  );

  it("that blocks says so when the job does not stop in time, and lets it be cancelled", () =>
    simulate({ capacity }, async (world) => {
      const { job } = await halfBad(world, "block");
      await world.clock.sleep(1000);
      const size = job.deadLetters.size;

      const late = await rejection(job.stop({ timeoutMs: 500 }));
      const report = await job.stop({ drain: false });

      expect(late).toMatchObject({ code: "STOP_TIMEOUT" });
      expect(late.message).toContain(
        `check#0 waits for room for its dead letters (the store holds ${size} of 3) for 1500 ms`,
      );
      expect(report).toMatchObject({ state: "cancelled", ledger: { balanced: true, deadLettered: size } });
      for (const { id } of job.deadLetters.list()) job.deadLetters.discard(id);
      await world.clock.sleep(1000);
      expect(job.deadLetters.size).toBe(0); // what waited is as dead as its job
    }));

  it("that blocks counts what a cancelled job had under way once", () =>
    simulate({ capacity }, async (world) => {
      const { job, good } = await halfBad(world, "block");
      await world.clock.sleep(1000);

      const { ledger } = await job.stop({ drain: false });

      const decided = ledger.deadLettered + job.collected(good).length;
      expect(ledger.undelivered).toBe(ledger.read - decided);
    }));

  it("lets several tasks wait, and go on one after the other", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const pipeline = env();
      const options = { name: "check", onError: "deadLetter", parallelism: 3 } as const;
      pipeline
        .fromBatch(range(60))
        .map((n): number => {
          throw new Error(`${n}`);
        }, options)
        .run();
      const settings = { deadLetterCapacity: 1, whenDeadLettersFull: "block", maxBatch: 1 } as const;
      const job = await pipeline.submit(settings);
      const buried = new Set<unknown>();
      while (buried.size < 60) {
        await clock.sleep(1);
        const [letter] = job.deadLetters.list();
        expect(job.deadLetters.size).toBe(1);
        buried.add(letter?.record);
        job.deadLetters.discard(letter?.id ?? "");
      }

      expect((await job.done).ledger).toMatchObject({ deadLettered: 60, balanced: true });
    }));
});

describe("the options of the dead letters", () => {
  it.each([
    ["an unknown policy", { whenDeadLettersFull: "drop" as never }],
    ["to wait where there is never room", { whenDeadLettersFull: "block", deadLetterCapacity: 0 } as const],
  ])("refuse %s", (_, options) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).run();

      expect(await rejection(pipeline.submit(options))).toMatchObject({
        code: "INVALID_OPTION",
        details: { path: "whenDeadLettersFull" },
      });
    }),
  );

  it("are those of the runtime where the submission does not say", () =>
    simulate({ core: { deadLetterCapacity: 7, whenDeadLettersFull: "block" } }, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).run();

      const { job } = await finish(pipeline);

      expect([job.deadLetters.capacity, job.deadLetters.whenFull]).toEqual([7, "block"]);
    }));
});
