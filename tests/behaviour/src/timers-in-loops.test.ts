import {
  type DataStream,
  type Emit,
  type Packet,
  ProcessFunction,
  type TaskContext,
  tumbling,
} from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { faultyStores, restart } from "./support/faults.ts";
import { capacityOf, forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate, timed, type World } from "./support/simulate.ts";

/** Far more than any of these jobs takes: a timer that comes again for ever fails its test soon. */
const maxSteps = 100_000;

type Pipe = DataStream<number, "pipeline">;

/** A loop over these numbers, by the time they come: its head, and behind it all that is at least 1000. */
async function loop(
  world: World,
  items: readonly (readonly [number, number])[],
  head: (all: Pipe) => Pipe,
  options = {},
) {
  const env = world.runtime.environment("pipeline");
  const back = env.fromFuture<number>("back");
  const turned = head(env.fromBatch(() => timed(world, items)).union(back));
  turned.filter((n) => n < 1000).fill(back);
  const through = turned.filter((n) => n >= 1000).collect();
  const { job, report } = await world.finish(env, options);
  const { deadLettered, undelivered } = report.ledger;
  expect({ deadLettered, undelivered }).toEqual({ deadLettered: 0, undelivered: 0 });
  return [...job.collected(through)].sort((a, b) => a - b);
}

/** Lets each number below 1000 wait for a timer, and go round ten times as large then. */
class Waiting extends ProcessFunction<number, number> {
  delayMs = 5;
  execute({ payload }: Packet<number>, emit: Emit<number>, ctx: TaskContext) {
    if (payload >= 1000) return emit(payload);
    ctx.state.list<number>("waiting").append(payload);
    ctx.timer(ctx.clock.now() + this.delayMs);
  }
  override onTimer(_: number, emit: Emit<number>, { state }: TaskContext) {
    const waiting = state.list<number>("waiting");
    for (const n of waiting.get()) emit(n * 10);
    waiting.clear();
  }
}

/** Lets them wait for longer than any test lasts. */
class WaitingLong extends Waiting {
  override delayMs = 1_000_000_000;
}

const soon = [0, 1, 2].map((at) => [at, at + 1] as const);
const late = [...soon, [100, 4] as const];

describe("a feedback loop whose head sets timers", () => {
  it.each([1, 4, 1024])("ends, at capacity %i", (capacity) =>
    simulate({ capacity, maxSteps }, async (world) => {
      const through = await loop(world, soon, (all) => all.process<number>(Waiting));
      expect(through).toEqual([1000, 2000, 3000]);
    }),
  );

  it.each([
    [1, "soon", soon],
    [1, "late", late],
    [3, "soon", soon],
    [3, "late", late],
  ] as const)(
    "does not end before they have come, at concurrency %i with a source that ends %s",
    (concurrency, _, items) =>
      simulate({ capacity: 4, maxSteps }, async (world) => {
        const head = (all: Pipe) => all.keyBy((n) => n % 3).process<number>(Waiting, { concurrency });
        const through = await loop(world, items, head);
        expect(through).toEqual(items.map(([, n]) => n * 1000));
      }),
  );

  it("lets them come at once when nothing else is left, and those that records set then", () =>
    simulate({ capacity: 4, maxSteps }, async (world) => {
      const head = (all: Pipe) => all.keyBy((n) => n % 3).process<number>(WaitingLong);
      const through = await loop(world, soon, head);
      expect([through, world.clock.monotonic()]).toEqual([[1000, 2000, 3000], 2]);
    }));

  it("closes its windows then, also those that what comes round has opened", () =>
    simulate({ capacity: 4, maxSteps }, async (world) => {
      const head = (all: Pipe) =>
        all
          .keyBy((n) => n % 3)
          .window(tumbling(1_000_000_000), (sum, n) => sum + n, { initial: () => 0 })
          .map(({ value }) => value * 10);
      const through = await loop(world, soon, head);
      expect([through, world.clock.monotonic()]).toEqual([[1000, 2000, 3000], 2]);
    }));

  it(
    "ends also where its tasks are restarted",
    () =>
      forSeeds(100, (seed) =>
        simulate({ seed, capacity: capacityOf(seed), stores: faultyStores(seed, 4) }, async (world) => {
          const items = range(20).map((n) => [n, n + 1] as const);
          const head = (all: Pipe) =>
            all.keyBy((n) => n % 5).process<number>(Waiting, { concurrency: 1 + (seed % 3), parallelism: 2 });
          const through = await loop(world, items, head, { restart });
          const turns = (n: number): number => (n >= 1000 ? n : turns(n * 10));
          expect(through).toEqual(items.map(([, n]) => turns(n)).sort((a, b) => a - b));
        }),
      ),
    seedsTimeoutMs,
  );
});

describe.each([10, 1_000_000_000])(
  "a timer in a feedback loop that sets itself again after %i ms",
  (delayMs) => {
    class Ticking extends ProcessFunction<number, number> {
      execute({ payload }: Packet<number>, emit: Emit<number>, ctx: TaskContext) {
        if (payload >= 1000) emit(payload);
        else ctx.timer(ctx.clock.now() + delayMs);
      }
      override onTimer(at: number, emit: Emit<number>, ctx: TaskContext) {
        emit(1000 + ctx.state.counter("ticks").add());
        ctx.timer(at + delayMs);
      }
    }
    const items = [
      [0, 1],
      [35, 1],
    ] as const;

    it.each([1, 3])("does not keep the job from ending, at concurrency %i", (concurrency) =>
      simulate({ maxSteps }, async (world) => {
        const head = (all: Pipe) => all.keyBy(() => "k").process<number>(Ticking, { concurrency });
        const ticks = await loop(world, items, head);

        // At 10, 20 and 30 if it is in time; then, at the end, the ones that the last tick and the records have set.
        const expected = delayMs === 10 ? 3 + 2 : 2;
        expect(ticks).toEqual(range(expected).map((n) => 1001 + n));
        expect(world.clock.monotonic()).toBe(35);
      }),
    );

    it("comes no more, while records that it sends round may set timers to the last", () =>
      simulate({ maxSteps }, async (world) => {
        /** Sends a number round with each timer, up to 5. */
        class Counting extends Ticking {
          override execute(packet: Packet<number>, emit: Emit<number>, ctx: TaskContext) {
            ctx.state.value<number>("last").set(packet.payload);
            if (packet.payload === 5) emit(1000 + ctx.clock.monotonic());
            else ctx.timer(ctx.clock.now() + delayMs);
          }
          override onTimer(at: number, emit: Emit<number>, ctx: TaskContext) {
            const last = ctx.state.value<number>("last").get() as number;
            if (last < 5) emit(last + 1);
            ctx.timer(at + delayMs);
          }
        }
        const head = (all: Pipe) => all.keyBy(() => "k").process<number>(Counting);
        expect(await loop(world, [[0, 1]], head)).toEqual([1000]);
      }));
  },
);
