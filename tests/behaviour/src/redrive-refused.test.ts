import { type Emit, type Packet, ProcessFunction, type TaskContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { createCause, endsBalanced, failed, idOf } from "./support/failed-job.ts";
import { gate } from "./support/gate.ts";
import { held } from "./support/held-source.ts";
import { capacities, rejection, simulate } from "./support/simulate.ts";

describe.each(capacities)("redriving is refused at capacity %i", (capacity) => {
  const refusal = (problem: RegExp) => ({
    code: "REDRIVE_REFUSED",
    details: { problem: expect.stringMatching(problem) },
  });

  it("for a letter that is unknown, or is no more", () =>
    simulate({ capacity }, async (world) => {
      const { end, job } = await failed(world);
      const id = idOf(job);
      job.deadLetters.discard(id);

      for (const unknown of [id, "nobody"]) {
        expect(await rejection(job.deadLetters.redrive(unknown))).toMatchObject(
          refusal(/no such dead letter/),
        );
      }
      await endsBalanced(job, end);
    }));

  it("for the second of two at once", () =>
    simulate({ capacity }, async (world) => {
      const { cause, end, job, good } = await failed(world);
      await job.pause();
      await job.deadLetters.redrive(idOf(job)); // fills a small inbox
      cause.gone = true;
      const id = idOf(job);
      const both = await Promise.allSettled([
        job.deadLetters.redrive(id),
        job.deadLetters.redrive(id),
        job.resume(),
      ]);
      await endsBalanced(job, end);

      expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(job.collected(good).filter((n) => n === 7)).toEqual([7]);
    }));

  it("after the job has ended, however it did", () =>
    simulate({ capacity }, async (world) => {
      for (const drain of [true, false, undefined]) {
        const { end, job } = await failed(world);
        if (drain === undefined) await endsBalanced(job, end);
        else {
          const stopped = job.stop({ drain });
          end.open();
          await stopped;
        }

        expect(await rejection(job.deadLetters.redrive(idOf(job)))).toMatchObject(refusal(/job has ended/));
        expect([await job.deadLetters.redriveAll(), job.deadLetters.size]).toEqual([0, 3]);
        expect(job.deadLetters.discard(idOf(job))).toBe(true);
      }
    }));

  it("for a letter of a source", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const end = gate();
      const pipeline = env();
      pipeline
        .fromBatch(held(["a", "bad"], end), { name: "read", onError: "deadLetter" })
        .map((word) => word, {
          parallelism: 2,
          partitioner: ({ payload }) => (payload === "bad" ? 9 : 0),
        })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(10);

      expect(await rejection(job.deadLetters.redrive("read#0/-1:1"))).toMatchObject(refusal(/source/));
      expect(job.deadLetters.size).toBe(1);
      await endsBalanced(job, end);
    }));

  it("for an input that has ended, though the task and its other input have not", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const end = gate();
      const pipeline = env();
      const fail = (n: number): number => {
        throw new Error(`${n}`);
      };
      pipeline
        .fromBatch([1])
        .connect(pipeline.fromBatch(held([2], end)))
        .coMap({ map0: fail, map1: fail }, { onError: "deadLetter" })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(10);
      const byRecord = new Map(job.deadLetters.list().map(({ id, record }) => [record, id]));

      expect(await rejection(job.deadLetters.redrive(byRecord.get(1) ?? ""))).toMatchObject(
        refusal(/input 0 of ".*#0" has ended/),
      );
      await job.deadLetters.redrive(byRecord.get(2) ?? "");
      await endsBalanced(job, end);
      expect(job.deadLetters.list().map(({ record }) => record)).toEqual([1, 2]);
    }));

  it("for a letter that waits in line while its job is cancelled, which keeps it", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const never = gate();
      const cause = createCause();
      const pipeline = env();
      pipeline.fromBatch([7, 1, 2, 3, 4]).sink(
        async (n) => {
          cause.check(n);
          await never.opened;
        },
        { onError: "deadLetter", queueCapacity: 1 },
      );
      const job = await pipeline.submit({ maxBatch: 1 });
      await clock.sleep(10);
      const redriven = rejection(job.deadLetters.redrive(idOf(job)));
      await clock.sleep(10);
      const report = await job.stop({ drain: false });

      expect(await redriven).toMatchObject(refusal(/is closed, since its job is ending/));
      expect([job.deadLetters.size, report.ledger.balanced]).toEqual([1, true]);
    }));

  it("for a timer, which is no record", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      class Alarm extends ProcessFunction<number, number> {
        execute(_: Packet<number>, __: Emit<number>, ctx: TaskContext) {
          ctx.timer(ctx.clock.now() + 5);
        }
        override onTimer() {
          throw new Error("no");
        }
      }
      const end = gate();
      const pipeline = env();
      pipeline
        .fromBatch(held([1], end))
        .keyBy(() => "k")
        .process(Alarm, { onError: "deadLetter" })
        .run();
      const job = await pipeline.submit();
      await clock.sleep(10);

      expect(await rejection(job.deadLetters.redrive(idOf(job)))).toMatchObject(refusal(/timer/));
      await endsBalanced(job, end);
      expect(job.deadLetters.size).toBe(1);
    }));

  it("while a snapshot is being taken, which it would not be part of", () =>
    simulate({ capacity }, async ({ env, clock }) => {
      const slow = gate();
      const cause = createCause();
      const pipeline = env();
      pipeline.fromBatch([7, 1]).sink(
        async (n) => {
          cause.check(n);
          await slow.opened;
        },
        { onError: "deadLetter" },
      );
      const job = await pipeline.submit();
      await clock.sleep(10);
      const snapshot = job.snapshot();

      expect(await rejection(job.deadLetters.redrive(idOf(job)))).toMatchObject(refusal(/snapshot/));
      slow.open();
      await snapshot;
      await job.done;
      expect(job.deadLetters.size).toBe(1);
    }));
});
