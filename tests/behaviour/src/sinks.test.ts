import { type Transaction, TransactionalSink } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { restart } from "./support/faults.ts";
import { capacities, range, rejection, simulate } from "./support/simulate.ts";

/** A store outside of the job, which outlives its tasks. */
class Outside {
  readonly staged = new Map<
    string,
    { readonly task: string; readonly sequence: number; readonly records: readonly unknown[] }
  >();
  readonly visible: unknown[] = [];
  readonly calls: string[] = [];

  /** A sink that writes here; `fail` may throw at any call. */
  sink(fail: (call: string) => void = () => undefined) {
    const outside = this;
    return class extends TransactionalSink<number> {
      override async recover(task: string, upTo: number) {
        outside.calls.push("recover");
        fail("recover");
        for (const [id, { task: owner, sequence }] of [...outside.staged]) {
          if (owner !== task) continue;
          if (sequence <= upTo) outside.publish(id);
          outside.staged.delete(id);
        }
      }
      override stage({ id, task, sequence }: Transaction, records: readonly number[]) {
        fail("stage");
        outside.staged.set(id, { task, sequence, records: [...records] });
      }
      override async commit({ id }: Transaction) {
        fail("commit");
        outside.publish(id);
      }
    };
  }

  publish(id: string): void {
    this.visible.push(...(this.staged.get(id)?.records ?? []));
    this.staged.delete(id);
  }
}

const ascending = (records: readonly unknown[]) => [...(records as number[])].sort((a, b) => a - b);

describe.each(capacities)("a transactional sink at capacity %i", (capacity) => {
  it("makes each record visible once, in order, without a crash", async () => {
    const outside = new Outside();
    await simulate({ capacity }, async (world) => {
      const env = world.env();
      env.fromBatch(range(30)).transactionalSink(outside.sink());
      const { report } = await world.finish(env, { maxBatch: 4 });
      expect(report.delivery.level).toBe("exactly-once");
    });
    expect(outside.visible).toEqual(range(30));
    expect([outside.staged.size, outside.calls]).toEqual([0, ["recover"]]);
  });

  it("makes each record visible once, whatever crashes: commits of the task, and its own phases", async () => {
    for (const seed of range(40)) {
      const outside = new Outside();
      const random = new SeededRandom(seed);
      let failures = 0;
      const fail = (call: string): void => {
        if (failures < 10 && random.next() < 0.2) {
          failures++;
          throw new Error(`${call} fails`);
        }
      };
      const stores = new FaultyStores(randomFaults(random.fork("commits"), 3, 20));
      await simulate({ capacity, seed, stores: stores.adapter }, async (world) => {
        const env = world.env();
        env
          .fromBatch(range(60))
          .map((n) => n)
          .transactionalSink(
            outside.sink((call) => (call === "recover" ? undefined : fail(call))),
            { parallelism: 2 },
          );
        await world.finish(env, { maxBatch: 5, restart });
      });
      expect(ascending(outside.visible)).toEqual(range(60));
      expect(outside.staged.size).toBe(0);
    }
  });
});

describe("ctx.recordId", () => {
  it("is the same each time a record comes, so that a sink can be idempotent", async () => {
    let calls = 0;
    for (const seed of range(10)) {
      const written = new Map<string, number>();
      const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 2, 20));
      await simulate({ seed, stores: stores.adapter }, async (world) => {
        const env = world.env();
        env
          .fromBatch(range(80))
          .map((n) => n, { parallelism: 2 })
          .sink(
            (n, { recordId }) => {
              calls++;
              expect(written.get(recordId) ?? n).toBe(n);
              written.set(recordId, n);
            },
            { idempotent: true },
          );
        const { report } = await world.finish(env, { maxBatch: 4, restart });
        expect(report.delivery).toMatchObject({ level: "exactly-once", reasons: [] });
      });
      expect(ascending([...written.values()])).toEqual(range(80));
    }
    expect(calls).toBeGreaterThan(10 * 80);
  });

  it("is there for records in flight side by side, too", async () => {
    const ids = new Set<string>();
    await simulate({}, async (world) => {
      const env = world.env();
      env.fromBatch(range(20)).sink(
        async (_, ctx) => {
          await ctx.clock.sleep(1);
          ids.add(ctx.recordId);
        },
        { concurrency: 4 },
      );
      await world.finish(env);
    });
    expect(ids.size).toBe(20);
  });
});

describe("delivery", () => {
  it("is refused with all reasons at once where an explicit level cannot be met", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      const read = env.fromBatch(new Set([1]), { name: "read" });
      read.sink(() => undefined, { name: "write" }).print();
      const error = await rejection(env.submit({ delivery: "exactly-once" }));

      expect(error).toMatchObject({ code: "DELIVERY_UNAVAILABLE" });
      expect(error.message).toContain("read: Its source cannot be read again");
      expect(error.message).toContain("write: Its function may get a record again");
      expect(error.message).toContain("print-3: Its function may get a record again");
    });
  });

  it("takes the strongest level by default, and the report says which and why", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      env.fromBatch([1]).sink(() => undefined, { name: "write" });
      const { report } = await world.finish(env);
      expect(report.delivery).toMatchObject({
        requested: "auto",
        level: "at-least-once",
        scope: "process",
        reasons: [{ node: "write", reason: "PLAIN_SINK" }],
      });
      await world.finish(env, { delivery: "at-least-once" });
    });
  });

  it("refuses what is no level", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      env.fromBatch([1]).run();
      const error = await rejection(env.submit({ delivery: "twice" as never }));
      expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "delivery" } });
    });
  });

  it("at most once never does a record again: what was taken and not committed is given up and counted", async () => {
    for (const seed of range(20)) {
      const seen: number[] = [];
      const stores = new FaultyStores(
        randomFaults(new SeededRandom(seed), 2, 10, ["crashBefore", "crashAfter"]),
      );
      await simulate({ seed, stores: stores.adapter }, async (world) => {
        const env = world.env();
        env
          .fromBatch(range(100))
          .map((n) => n, { concurrency: seed % 2 === 0 ? 1 : 3 })
          .sink((n) => void seen.push(n), { name: "write", concurrency: seed % 3 === 0 ? 2 : 1 });
        const { report } = await world.finish(env, { maxBatch: 8, restart, delivery: "at-most-once" });
        expect(new Set(seen).size).toBe(seen.length);
        const written = report.tasks.find(({ id }) => id === "write#0");
        expect((written?.ledger.processed ?? 0) + report.ledger.skipped).toBe(100);
      });
    }
  });
});
