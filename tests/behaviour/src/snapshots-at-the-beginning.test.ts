import { type JobSnapshot, type Polled, type PollScope, ReplayableSource } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, range, simulate, type World } from "./support/simulate.ts";

const asJson = (snapshot: JobSnapshot): JobSnapshot => JSON.parse(JSON.stringify(snapshot));
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

/** Three splits of ten numbers each, of which some answer late. */
function splitsThatAnswerAfter(world: World, delays: Readonly<Record<string, number>>) {
  return class extends ReplayableSource<number, number> {
    override splits() {
      return Object.keys(delays);
    }
    async poll(position = 0, max: number, { split }: PollScope): Promise<Polled<number, number>> {
      await world.clock.sleep(delays[split] ?? 0);
      const end = Math.min(10, position + max);
      const first = 10 * Object.keys(delays).indexOf(split);
      return {
        records: range(end - position).map((n) => first + position + n),
        position: end,
        done: end === 10,
      };
    }
  };
}

describe.each(capacities)("a snapshot of a job that has hardly begun, at capacity %i", (capacity) => {
  it.each([1, 2, 3])(
    "which has read nothing yet, loses nothing, at parallelism %i then",
    async (parallelism) => {
      await simulate({ capacity }, async (world) => {
        const declare = (instances: number) => {
          const env = world.env();
          return {
            env,
            all: env.fromBatch(range(30), { name: "n", parallelism: instances }).collect({ name: "c" }),
          };
        };
        const first = declare(2);
        const job = await first.env.submit({ maxBatch: 1 });
        const snapshot = asJson(await job.snapshot({ stop: true }));
        const second = declare(parallelism);
        const { job: next } = await world.finish(second.env, { from: snapshot });

        const got = [...job.collected(first.all), ...next.collected(second.all)];
        expect(ascending(got)).toEqual(range(30));
      });
    },
  );

  it("of which one instance of the source has not been answered yet, keeps its splits", async () => {
    await simulate({ capacity }, async (world) => {
      const declare = () => {
        const env = world.env();
        const source = splitsThatAnswerAfter(world, { a: 1, b: 200, c: 200 });
        const all = env.fromReplayable(source, { name: "n", parallelism: 2 }).collect({ name: "c" });
        return { env, all };
      };
      const first = declare();
      const job = await first.env.submit({ maxBatch: 2 });
      await world.clock.sleep(5);
      const snapshot = asJson(await job.snapshot({ stop: true }));
      const early = job.collected(first.all);
      expect([early.length > 0, early.every((n) => n < 10)]).toEqual([true, true]);

      const second = declare();
      const { job: next } = await world.finish(second.env, { from: snapshot });
      expect(ascending([...early, ...next.collected(second.all)])).toEqual(range(30));
    });
  });
});
