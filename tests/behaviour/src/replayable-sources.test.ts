import {
  endOfSource,
  type Polled,
  type PollScope,
  ReplayableSource,
  SourceFunction,
} from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

const restart = { kind: "fixedDelay", attempts: 100, delayMs: 5 } as const;

/** Three splits of numbers; notes what was acknowledged. */
class Numbers extends ReplayableSource<number, { readonly next: number }> {
  static acknowledged: string[] = [];
  static polls = 0;

  override splits() {
    return ["a", "b", "c"];
  }

  poll(position: { readonly next: number } | undefined, max: number, { split }: PollScope) {
    Numbers.polls++;
    const from = position?.next ?? 0;
    const records = range(50)
      .slice(from, from + Math.min(max, 7))
      .map((n) => 100 * "abc".indexOf(split) + n);
    const next = from + records.length;
    const polled: Polled<number, { readonly next: number }> = {
      records,
      position: { next },
      done: next >= 50,
    };
    return Numbers.polls % 3 === 0 ? Promise.resolve(polled) : polled;
  }

  override acknowledge({ next }: { readonly next: number }, split: string) {
    Numbers.acknowledged.push(`${split}${next}`);
  }
}

const all = [...range(50), ...range(50).map((n) => 100 + n), ...range(50).map((n) => 200 + n)];
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe.each(capacities)("a replayable source at capacity %i", (capacity) => {
  it("is read split by split, spread over its instances, each split in order", async () => {
    for (const parallelism of [1, 2, 4]) {
      await simulate({ capacity }, async (world) => {
        const { records } = await world.results((env) => env.fromReplayable(Numbers, { parallelism }));
        expect(ascending(records)).toEqual(all);
        for (const split of [0, 1, 2]) {
          const part = records.filter((n) => Math.floor(n / 100) === split);
          expect(part).toEqual(ascending(part));
        }
      });
    }
  });

  it("does not wait for its idle splits before it reads one that has records", async () => {
    let left = 20;
    class OneBusy extends ReplayableSource<number, number> {
      override splits() {
        return ["idle", "busy", "idle too"];
      }
      async poll(position = 0, _: number, { split }: PollScope): Promise<Polled<number, number>> {
        if (split !== "busy") return { records: [], position, done: left === 0 };
        left--;
        return { records: [position], position: position + 1, done: left === 0 };
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records } = await world.results((env) => env.fromReplayable(OneBusy));
      expect([records, world.clock.monotonic()]).toEqual([range(20), 0]);
    });
  });

  it("goes on where the last commit stands after every crash, and gives each record once", async () => {
    for (const seed of range(20)) {
      const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 2, 20));
      await simulate({ capacity, seed, stores: stores.adapter }, async (world) => {
        const { records } = await world.results(
          (env) => env.fromReplayable(Numbers, { parallelism: 2 }).map((n) => n),
          { restart, maxBatch: 5 },
        );
        expect(ascending(records)).toEqual(all);
      });
    }
  });

  it("is acknowledged after commits only, and at the end completely", async () => {
    Numbers.acknowledged = [];
    let committed = 0;
    const early: string[] = [];
    const stores = new FaultyStores((unit, node) => {
      if (node.startsWith("source") && unit.position !== undefined) {
        if (committed === 0) early.push(...Numbers.acknowledged);
        committed++;
      }
      return undefined;
    });
    await simulate({ capacity, stores: stores.adapter }, async (world) => {
      await world.results((env) => env.fromReplayable(Numbers));
    });
    expect(early).toEqual([]);
    expect(Numbers.acknowledged.filter((ack) => ack.endsWith("50")).sort()).toEqual(["a50", "b50", "c50"]);
  });

  it("that fails at its third record is restarted, and all records come once", async () => {
    let failures = 0;
    class Flaky extends ReplayableSource<number, number> {
      poll(position = 0) {
        if (position === 2 && failures++ < 2) throw new Error("torn");
        return { records: [position], position: position + 1, done: position === 4 };
      }
    }
    await simulate({ capacity }, async (world) => {
      const { records, report } = await world.results((env) =>
        env.fromReplayable(Flaky, { restart, name: "read" }),
      );
      expect(records).toEqual([0, 1, 2, 3, 4]);
      expect(report.tasks.find(({ id }) => id === "read#0")?.restarts).toBe(2);
    });
  });

  it("that always fails fails the job after its attempts, with the cause", async () => {
    class Broken extends ReplayableSource<number, number> {
      poll(position = 0) {
        if (position === 2) throw new RangeError("torn");
        return { records: [position], position: position + 1 };
      }
    }
    await simulate({ capacity }, async (world) => {
      const env = world.env();
      env
        .fromReplayable(Broken, { name: "read", restart: { kind: "fixedDelay", attempts: 3, delayMs: 10 } })
        .map((n) => n)
        .collect();
      const job = await env.submit();
      const error = await rejection(job.done);

      expect(error).toMatchObject({ code: "RESTARTS_EXHAUSTED", details: { node: "read#0" } });
      expect((error.cause as Error).cause).toEqual(new RangeError("torn"));
      expect(world.clock.monotonic()).toBe(30);
      expect(job.report().tasks.map(({ state }) => state)).toEqual(["failed", "cancelled", "cancelled"]);
    });
  });

  it("waits where there is nothing for now, and ends when it is told to", async () => {
    class Endless extends ReplayableSource<number, number> {
      poll(position = 0) {
        return { records: position < 3 ? [position] : [], position: Math.min(3, position + 1) };
      }
    }
    await simulate({ capacity }, async (world) => {
      const env = world.env();
      const got = env.fromReplayable(Endless).collect();
      const job = await env.submit();
      await world.clock.sleep(100);
      expect(job.status()).toBe("running");
      await job.stop();
      expect(job.collected(got)).toEqual([0, 1, 2]);
    });
  });
});

describe("a source that cannot be read again", () => {
  it("keeps what was not committed: each record comes once through crashes of its task", async () => {
    class Counting extends SourceFunction<number> {
      #next = 0;
      execute() {
        return this.#next === 60 ? endOfSource : this.#next++;
      }
    }
    for (const seed of range(10)) {
      const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 2, 20));
      await simulate({ seed, stores: stores.adapter }, async (world) => {
        const { records, report } = await world.results(
          (env) => env.fromSource(Counting).union(env.fromBatch(new Set(range(60)))),
          { restart, maxBatch: 4 },
        );
        expect(ascending(records)).toEqual(ascending([...range(60), ...range(60)]));
        expect(report.delivery.reasons.map(({ node, reason }) => [node, reason])).toEqual([
          ["source-1", "NOT_REPLAYABLE"],
          ["source-2", "NOT_REPLAYABLE"],
        ]);
      });
    }
  });

  it("is opened and closed once, however often its task is restarted", async () => {
    const calls: string[] = [];
    class Watched extends SourceFunction<number> {
      #next = 0;
      override open() {
        calls.push("open");
      }
      execute() {
        if (this.#next === 2 && !calls.includes("failed")) {
          calls.push("failed");
          throw new Error("once");
        }
        return this.#next === 5 ? endOfSource : this.#next++;
      }
      override close() {
        calls.push("close");
      }
    }
    await simulate({}, async (world) => {
      const { records } = await world.results((env) => env.fromSource(Watched, { restart }));
      expect(records).toEqual([0, 1, 2, 3, 4]);
    });
    expect(calls).toEqual(["open", "failed", "close"]);
  });
});
