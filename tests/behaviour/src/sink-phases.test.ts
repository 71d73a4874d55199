import { type JobSnapshot, type Plugin, type Transaction, TransactionalSink } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { faultyStores, restart } from "./support/faults.ts";
import { forSeeds, seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate, type World } from "./support/simulate.ts";

/** A store outside of the job, whose calls take their time; it notes what a sink must never do. */
class Outside {
  readonly #staged = new Map<string, Transaction & { readonly records: readonly number[] }>();
  readonly visible: number[] = [];
  readonly violations: string[] = [];
  /** Calls of each task to `stage` and `commit` that have not returned. */
  readonly #running = new Map<string, number>();

  /** How many transactions are staged and neither visible nor dropped. */
  get staged(): number {
    return this.#staged.size;
  }

  /** A sink that writes here; `stage` and `commit` take so many ms each. */
  sink({ clock }: World, stageMs: () => number, commitMs: () => number) {
    const outside = this;
    return class extends TransactionalSink<number> {
      #closed = false;
      override async recover(task: string, upTo: number) {
        if (outside.#isRunning(task)) outside.violations.push(`recover(${upTo}) beside stage or commit`);
        for (const { id, task: owner, sequence } of [...outside.#staged.values()]) {
          if (owner !== task) continue;
          if (sequence <= upTo) outside.#publish(id);
          outside.#staged.delete(id);
        }
      }
      override stage(transaction: Transaction, records: readonly number[]) {
        return this.#call("stage", transaction, stageMs(), () =>
          outside.#staged.set(transaction.id, { ...transaction, records: [...records] }),
        );
      }
      override commit(transaction: Transaction) {
        return this.#call("commit", transaction, commitMs(), () => outside.#publish(transaction.id));
      }
      override async close() {
        this.#closed = true;
      }
      async #call(name: string, { task, sequence }: Transaction, forMs: number, effect: () => unknown) {
        outside.#count(task, 1);
        await clock.sleep(forMs);
        outside.#count(task, -1);
        if (this.#closed) outside.violations.push(`${name}(${sequence}) goes on after close()`);
        effect();
      }
    };
  }

  #isRunning(task: string): boolean {
    return (this.#running.get(task) ?? 0) > 0;
  }

  #count(task: string, by: number): void {
    this.#running.set(task, (this.#running.get(task) ?? 0) + by);
  }

  #publish(id: string): void {
    this.visible.push(...(this.#staged.get(id)?.records ?? []));
    this.#staged.delete(id);
  }
}

/** A pipeline that writes 40 numbers into a sink. */
function declare(world: World, sink: ReturnType<Outside["sink"]>, plugins: readonly Plugin<number>[] = []) {
  const env = world.runtime.environment("pipeline");
  const options = { name: "write", plugins, onError: { restarts: 1000 } };
  env.fromBatch(range(40), { name: "numbers" }).transactionalSink(sink, options);
  return env;
}

const ascending = (records: readonly number[]) => [...records].sort((a, b) => a - b);

describe("a transactional sink whose phases take their time", () => {
  const at = (seed: number) => 1 + (seed % 40);
  const always = (ms: number) => () => ms;

  it(
    "has made all visible when a snapshot has stopped its job, so that another job goes on behind it",
    () =>
      forSeeds(40, async (seed) => {
        const outside = new Outside();
        await simulate({ capacity: 64, seed }, async (world) => {
          const sink = outside.sink(world, always(3), always(7));
          const job = await declare(world, sink).submit({ maxBatch: 4 });
          await world.clock.sleep(at(seed));
          const snapshot: JobSnapshot = JSON.parse(JSON.stringify(await job.snapshot({ stop: true })));
          expect([outside.staged, outside.visible]).toEqual([0, range(outside.visible.length)]);

          const next = await declare(world, sink).submit({ from: snapshot, maxBatch: 4 });
          await next.done;
        });
        expect([outside.staged, outside.visible, outside.violations]).toEqual([0, range(40), []]);
      }),
    seedsTimeoutMs,
  );

  it(
    "has nothing half done when a snapshot has been taken, and goes on",
    () =>
      forSeeds(20, async (seed) => {
        const outside = new Outside();
        await simulate({ capacity: 1, seed }, async (world) => {
          const sink = outside.sink(world, always(3), always(7));
          const job = await declare(world, sink).submit({ maxBatch: 4 });
          await world.clock.sleep(at(seed));
          await job.snapshot();
          expect(outside.staged).toBe(0);
          await job.done;
        });
        expect([outside.staged, outside.visible, outside.violations]).toEqual([0, range(40), []]);
      }),
    seedsTimeoutMs,
  );

  it.each([
    ["soon", 7],
    ["long after", 2500],
  ])(
    "has made visible what it counts as processed when its job is cancelled, %s",
    (_, commitMs) =>
      forSeeds(30, async (seed) => {
        const outside = new Outside();
        await simulate({ capacity: 64, seed }, async (world) => {
          const sink = outside.sink(world, always(3), always(commitMs));
          const job = await declare(world, sink).submit({ maxBatch: 4 });
          await world.clock.sleep(at(seed));

          const { tasks, ledger } = await job.stop({ drain: false });

          const written = tasks.find(({ step }) => step === "write")?.ledger.processed;
          expect([outside.visible, ledger.problems]).toEqual([range(written ?? -1), []]);
          await world.clock.sleep(10_000);
          expect([outside.visible.length, outside.violations]).toEqual([written, []]);
        });
      }),
    seedsTimeoutMs,
  );

  it(
    "is not recovered before its last incarnation has come to the end of stage() and commit()",
    () =>
      forSeeds(25, async (seed) => {
        const random = new SeededRandom(seed);
        const outside = new Outside();
        const failing: Plugin<number> = {
          name: "failing",
          around: async (_, next, ctx) => {
            await ctx.clock.sleep(2);
            if (random.next() < 0.1) throw new Error("now and then");
            return next();
          },
        };
        const stores = faultyStores(seed, seed % 2 === 0 ? 5 : undefined);
        await simulate({ capacity: 64, seed, stores }, async (world) => {
          const anyTime = () => 20 * random.next();
          const env = declare(world, outside.sink(world, anyTime, anyTime), [failing]);
          await world.finish(env, { restart: { ...restart, delayMs: 0 }, maxBatch: 8, maxBatchMs: 5 });
        });
        const { visible, staged, violations } = outside;
        expect([ascending(visible), staged, violations]).toEqual([range(40), 0, []]);
      }),
    seedsTimeoutMs,
  );
});
