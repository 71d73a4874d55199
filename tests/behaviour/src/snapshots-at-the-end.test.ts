import {
  type Collected,
  type Emit,
  type Environment,
  type Job,
  type JobSnapshot,
  type Packet,
  type Polled,
  ProcessFunction,
  ReplayableSource,
  type TaskContext,
} from "@sage-kernel/core";
import { FaultyStores } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { faultyStores, restart } from "./support/faults.ts";
import { forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { capacities, range, simulate, type World } from "./support/simulate.ts";

const parting = 30;

/** Passes records on, and emits much more at its end, so many ms after it has begun. */
class Parting extends ProcessFunction<number, string> {
  delayMs(_: number): number {
    return 0;
  }
  execute({ payload }: Packet<number>, emit: Emit<string>) {
    emit(`record ${payload}`);
  }
  override async finish(emit: Emit<string>, { clock, index }: TaskContext) {
    await clock.sleep(this.delayMs(index));
    for (const n of range(parting)) emit(`parting ${index} ${n}`);
  }
}

type Step = new () => Parting;

/** A long branch, and a short one that ends early in this step; each record behind that takes so many ms. */
function declare(world: World, step: Step, parallelism: number, behindMs: number) {
  const env = world.runtime.environment("pipeline");
  class Slow extends ReplayableSource<number, number> {
    async poll(position = 0): Promise<Polled<number, number>> {
      if (position > 0) await world.clock.sleep(1);
      return { records: [position], position: position + 1, done: position === 59 };
    }
  }
  const long = env.fromReplayable(Slow, { name: "long" }).collect({ name: "numbers" });
  const short = env
    .fromBatch(range(6), { name: "short" })
    .process<string>(step, { name: "parting", parallelism })
    .map(async (line, { clock }) => clock.sleep(behindMs).then(() => line), { name: "behind" })
    .collect({ name: "lines" });
  return { env, long, short };
}

interface Declared {
  readonly env: Environment<"pipeline">;
  readonly long: Collected<number>;
  readonly short: Collected<string>;
}

/** Stops a job with a snapshot, lets another one go on from it, and checks that the two together did all, once. */
async function goesOn([job, first]: readonly [Job, Declared], second: Declared, parallelism: number) {
  const snapshot: JobSnapshot = JSON.parse(JSON.stringify(await job.snapshot({ stop: true })));
  const next = await second.env.submit({ from: snapshot, maxBatch: 4, restart });
  const report = await next.done;

  expect(report.ledger.problems).toEqual([]);
  expect([...job.collected(first.long), ...next.collected(second.long)]).toEqual(range(60));
  const partings = range(parallelism).flatMap((index) => range(parting).map((n) => `parting ${index} ${n}`));
  const lines = [...job.collected(first.short), ...next.collected(second.short)];
  expect(lines.sort()).toEqual([...range(6).map((n) => `record ${n}`), ...partings].sort());
}

describe.each(capacities)("a snapshot at capacity %i while a step is in its finish()", (capacity) => {
  it.each([
    ["one instance", 1, 0, undefined],
    ["two instances, one a little later", 2, 6, undefined],
    ["two instances, one much later", 2, 45, undefined],
    ["one instance, with crashes", 1, 0, 5],
    ["two instances, with crashes", 2, 6, 5],
  ])(
    "loses nothing and repeats nothing: %s",
    (_, parallelism, apartMs, every) =>
      forSeeds(12, (seed) =>
        simulate({ capacity, seed, stores: faultyStores(seed, every) }, async (world) => {
          const step = class extends Parting {
            override delayMs = (index: number) => index * apartMs;
          };
          const first = declare(world, step, parallelism, 0.3);
          const job = await first.env.submit({ maxBatch: 4, restart });
          await world.clock.sleep(1 + ((5 * seed) % 31));
          await goesOn([job, first], declare(world, step, parallelism, 0.3), parallelism);
        }),
      ),
    seedsTimeoutMs,
  );

  it("waits for its commits, also for one that is not answered at first", async () => {
    for (let sequence = 1; sequence <= 10; sequence++) {
      let unanswered = 0;
      const stores = new FaultyStores((unit, task) => {
        if (task !== "parting#0" || unit.sequence !== sequence || unanswered === 3) return undefined;
        unanswered++;
        return "lostRequest";
      });
      await simulate({ capacity, stores: stores.adapter }, async (world) => {
        const first = declare(world, Parting, 1, 0);
        const job = await first.env.submit({ maxBatch: 4, restart });
        while (unanswered === 0) await world.clock.sleep(0.1);
        await goesOn([job, first], declare(world, Parting, 1, 0), 1);
      });
    }
  });
});
