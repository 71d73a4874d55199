import { type KeyedStream, MapFunction, type SubmitOptions } from "@sage-kernel/core";
import { type CommitFault, FaultyStores } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { range, simulate, type World } from "./support/simulate.ts";

const restart: SubmitOptions = { restart: { kind: "fixedDelay", attempts: 1000, delayMs: 5 } };

/** Counts how often instances of the second step were opened and closed. */
interface Lives {
  opened: number;
  closed: number;
}

/** A keyed job of four steps over 200 records: read, double, sum by key, collect. */
async function sums(world: World, lives: Lives, options: SubmitOptions) {
  class Double extends MapFunction<number, number> {
    override open() {
      lives.opened++;
    }
    execute(record: number) {
      return record * 2;
    }
    override close() {
      lives.closed++;
    }
  }
  const env = world.env();
  const doubled: KeyedStream<number, number, string> = env
    .fromBatch(range(200), { name: "read" })
    .map(Double, { name: "double" })
    .keyBy((record) => record % 7, { name: "key" }) as never;
  const sums = doubled
    .reduce((sum: number, record: number) => sum + record, { name: "sum", parallelism: 2 })
    .collect({ name: "end" });
  const { job, report } = await world.finish(env, { maxBatch: 16, ...options });
  return { records: job.collected(sums), report };
}

/** Runs the job with one fault at one commit of one task; undefined when that commit never comes. */
async function runWith(node: string, sequence: number, fault: CommitFault, capacity: number) {
  let done = false;
  const lives = { opened: 0, closed: 0 };
  const stores = new FaultyStores((unit, task) => {
    if (done || task !== node || unit.sequence !== sequence) return undefined;
    done = true;
    return fault;
  });
  const result = await simulate({ capacity, stores: stores.adapter }, (world) => sums(world, lives, restart));
  return done ? { ...result, lives } : undefined;
}

const byKey = (records: readonly number[]) => [...records].sort((a, b) => a - b);

describe("a job whose task crashes at one commit", () => {
  const faults: CommitFault[] = ["crashBefore", "crashAfter", "lostRequest", "lostReply", "late"];
  const tasks = ["read#0", "double#0", "key#0", "sum#0", "sum#1", "end#0"];

  it.each(tasks.flatMap((task) => faults.map((fault) => [task, fault] as const)))(
    "gives what it gives without: %s, %s, at every commit",
    async (task, fault) => {
      const whole = await simulate({}, (world) => sums(world, { opened: 0, closed: 0 }, {}));
      expect(whole.records).toHaveLength(200);
      let crashes = 0;
      for (const capacity of [1, 1024]) {
        for (let sequence = 1; ; sequence++) {
          const run = await runWith(task, sequence, fault, capacity);
          if (run === undefined) break;
          crashes++;
          expect(byKey(run.records)).toEqual(byKey(whole.records));
          expect(run.lives.opened).toBe(run.lives.closed);
          if (capacity === 1 && sequence > 20) sequence += 6; // commits of one record each are alike
        }
      }
      expect(crashes).toBeGreaterThan(10);
    },
  );
});
