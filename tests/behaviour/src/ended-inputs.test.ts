import {
  CoMapFunction,
  type Emit,
  type JobSnapshot,
  type Packet,
  type Polled,
  type PollScope,
  ProcessFunction,
  ReplayableSource,
  type TaskContext,
} from "@sage-kernel/core";
import type { CommitFault } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { faultyOnce, faultyStores, restart } from "./support/faults.ts";
import { capacityOf, forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { capacities, range, simulate, type World } from "./support/simulate.ts";

/** A number after each of so many ms: it can be read again, and is never idle in the beginning. */
const ticks = ({ clock }: World, count: number) =>
  class extends ReplayableSource<number, number> {
    async poll(position = 0, _: number, { signal }: PollScope): Promise<Polled<number, number>> {
      if (position > 0) await clock.sleep(1, signal);
      return { records: [position], position: position + 1, done: position === count - 1 };
    }
  };

/** Counts in its state the records and the ends of its two inputs, and emits the counts at the end. */
class Ends extends CoMapFunction<string> {
  #ctx: TaskContext | undefined;
  override open(ctx: TaskContext) {
    this.#ctx = ctx;
  }
  map0(_: number, ctx: TaskContext) {
    return this.#count("records-0", ctx);
  }
  map1(_: number, ctx: TaskContext) {
    return this.#count("records-1", ctx);
  }
  override async onInputEnd(input: number) {
    this.#count(`ends-${input}`, this.#ctx);
  }
  override finish(emit: Emit<string>, { state }: TaskContext) {
    for (const name of ["records-0", "ends-0", "records-1", "ends-1"]) {
      emit(`${name}: ${state.counter(name).value}`);
    }
  }
  #count(name: string, ctx: TaskContext | undefined): string | undefined {
    ctx?.state.counter(name).add();
    return undefined;
  }
}

/** Two sources, of which one ends early, and one step over both. */
function declare(world: World) {
  const env = world.runtime.environment("pipeline");
  const short = env.fromReplayable(ticks(world, 5), { name: "short" });
  const long = env.fromReplayable(ticks(world, 20), { name: "long" });
  const ends = short.connect(long).coMap(Ends, { name: "ends" });
  return { env, lines: ends.collect() };
}

const lines = ["records-0: 5", "ends-0: 1", "records-1: 20", "ends-1: 1"];

describe("what a function changes in its state when an input has ended", () => {
  it.each<CommitFault>(["crashBefore", "crashAfter"])(
    "counts once, whichever of its commits ends with %s",
    async (fault) => {
      /** Has one input, whose end it counts in its state. */
      class End extends ProcessFunction<number, number> {
        #ctx: TaskContext | undefined;
        override open(ctx: TaskContext) {
          this.#ctx = ctx;
        }
        execute(_: Packet<number>) {}
        override onInputEnd() {
          this.#ctx?.state.counter("ends").add();
        }
        override finish(emit: Emit<number>, { state }: TaskContext) {
          emit(state.counter("ends").value);
          for (const _ of range(8)) emit(-1); // in several commits
        }
      }
      let crashes = 0;
      for (const sequence of range(14)) {
        const stores = faultyOnce("end#0", sequence, fault);
        await simulate({ stores: stores.adapter }, async (world) => {
          const { records } = await world.results(
            (env) => env.fromBatch(range(4)).process<number>(End, { name: "end" }),
            { restart, maxBatch: 2 },
          );
          expect(records).toEqual([1, ...range(8).map(() => -1)]);
        });
        crashes += stores.log.length;
      }
      expect(crashes).toBeGreaterThan(5);
    },
  );

  it(
    "counts once for each of two inputs, whatever crashes",
    () =>
      forSeeds(20, (seed) =>
        simulate({ seed, capacity: capacityOf(seed), stores: faultyStores(seed, 4) }, async (world) => {
          const declared = declare(world);
          const { job } = await world.finish(declared.env, { restart, maxBatch: 2 });
          expect(job.collected(declared.lines)).toEqual(lines);
        }),
      ),
    seedsTimeoutMs,
  );
});

describe.each(capacities)("a snapshot at capacity %i after one of two inputs has ended", (capacity) => {
  it.each([6, 9, 12, 17])(
    "has its end in the state, and the next job does not count it again: after %i ms",
    (at) =>
      simulate({ capacity }, async (world) => {
        const first = declare(world);
        const job = await first.env.submit({ restart });
        await world.clock.sleep(at);
        const snapshot: JobSnapshot = JSON.parse(JSON.stringify(await job.snapshot({ stop: true })));
        expect(job.collected(first.lines)).toEqual([]);

        const second = declare(world);
        const next = await second.env.submit({ from: snapshot, restart });
        await next.done;
        expect(next.collected(second.lines)).toEqual(lines);
      }),
  );
});
