import {
  type Emit,
  type JobSnapshot,
  type Packet,
  type Polled,
  ProcessFunction,
  ReplayableSource,
  type TaskContext,
} from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate, type World } from "./support/simulate.ts";

/**
 * Counts numbers in two instances, of which the second one takes 10 ms for each; at the end both say how many they had.
 * Beside it something goes on when the numbers are through. `finished` gets the instances that have begun to finish.
 */
function declare(world: World, finished: number[] = []) {
  class Counting extends ProcessFunction<number, string> {
    #count = 0;
    async execute(_: Packet<number>, __: Emit<string>, { clock, index }: TaskContext) {
      if (index === 1) await clock.sleep(10);
      this.#count++;
    }
    override finish(emit: Emit<string>, { index }: TaskContext) {
      finished.push(index);
      for (const n of range(10)) emit(`${n} of instance ${index}: ${this.#count}`);
    }
  }
  class Ticks extends ReplayableSource<number, number> {
    async poll(position = 0): Promise<Polled<number, number>> {
      if (position > 0) await world.clock.sleep(1);
      return { records: [position], position: position + 1, done: position === 59 };
    }
  }
  const env = world.runtime.environment("pipeline");
  env.fromReplayable(Ticks, { name: "ticks" }).run();
  const counts = env
    .fromBatch(range(6), { name: "numbers" })
    .process<string>(Counting, { name: "counting", parallelism: 2 })
    .collect();
  return { env, counts, finished };
}

/** The job, paused while the second instance is at its last number and the first one has ended. */
async function paused(world: World) {
  const { env, counts, finished } = declare(world);
  const job = await env.submit();
  await world.clock.sleep(25);
  await job.pause();
  return { job, counts, finished };
}

const linesOf = (index: number, count: number) => range(10).map((n) => `${n} of instance ${index}: ${count}`);

describe.each(capacities)("a job paused when one of two instances has ended, at capacity %i,", (capacity) => {
  it("does not let the other one begin its finish()", () =>
    simulate({ capacity }, async (world) => {
      const { job, counts, finished } = await paused(world);
      await world.clock.sleep(100);
      expect([finished, job.collected(counts)]).toEqual([[0], linesOf(0, 3)]);
      job.resume();
      await job.done;
      expect(job.collected(counts)).toEqual([...linesOf(0, 3), ...linesOf(1, 3)]);
    }));

  it("has a snapshot from which the other one alone goes on to its finish()", () =>
    simulate({ capacity }, async (world) => {
      const { job, counts } = await paused(world);
      const snapshot: JobSnapshot = JSON.parse(JSON.stringify(await job.snapshot({ stop: true })));
      expect(snapshot.steps.counting?.tasks.map(({ finished }) => finished)).toEqual([true, false]);
      expect(job.collected(counts)).toEqual(linesOf(0, 3));

      const second = declare(world);
      const next = await second.env.submit({ from: snapshot });
      await next.done;
      expect(next.collected(second.counts)).toEqual(linesOf(1, 0));
    }));
});

describe("a job that is paused", () => {
  it("stays paused when a snapshot is refused since it did not settle in time", () =>
    simulate({}, async (world) => {
      let begun = 0;
      const slowly = async (n: number, { clock }: TaskContext) => {
        begun++;
        await clock.sleep(50);
        return n;
      };
      const env = world.env();
      env.fromBatch(range(20)).map(slowly).run();
      const job = await env.submit();
      await world.clock.sleep(10);
      await job.pause();

      const refused = await rejection(job.snapshot({ timeoutMs: 120 }));

      const before = begun;
      await world.clock.sleep(1000);
      expect(refused).toMatchObject({ code: "SNAPSHOT_REFUSED" });
      expect([job.status(), begun]).toEqual(["paused", before]);
      expect(before).toBeGreaterThan(1);
      job.resume();
      await job.done;
      expect(begun).toBe(20);
    }));
});
