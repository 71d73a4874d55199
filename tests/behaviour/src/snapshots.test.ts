import {
  type Emit,
  type Environment,
  type Job,
  type JobSnapshot,
  type Packet,
  ProcessFunction,
  type TaskContext,
} from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate, type World } from "./support/simulate.ts";

const asJson = (snapshot: JobSnapshot): JobSnapshot => JSON.parse(JSON.stringify(snapshot));

/** Emits every third record of a key at once, and what is left when the input has ended. */
class Triples extends ProcessFunction<number, string> {
  execute({ payload }: Packet<number>, emit: Emit<string>, ctx: TaskContext) {
    const kept = ctx.state.list<number>("kept");
    kept.append(payload);
    ctx.timer(Number.MAX_SAFE_INTEGER);
    if (kept.length < 3) return;
    emit(`${String(ctx.key)}: ${kept.get().join("+")}`);
    kept.clear();
  }
  override onTimer(_: number, emit: Emit<string>, ctx: TaskContext) {
    const kept = ctx.state.list<number>("kept").get();
    if (kept.length > 0) emit(`${String(ctx.key)}: ${kept.join("+")} at the end`);
  }
}

/** 100 numbers in two splits, joined with names, folded, counted, windowed: everything with state. */
function declare(env: Environment<"pipeline">, parallelism: number) {
  const numbers = env
    .fromBatch(range(100), { name: "numbers", parallelism: 2 })
    .map(
      async (n, { clock }) => {
        await clock.sleep(1);
        return n;
      },
      { name: "slowly", parallelism },
    )
    .keyBy((n) => n % 5, { name: "by-rest" });
  const names = env
    .fromBatch(
      range(5).map((n) => ({ n, name: `rest ${n}` })),
      { name: "names" },
    )
    .keyBy(({ n }) => n, { name: "by-n" });
  return {
    triples: numbers.process<string>(Triples, { name: "triples", parallelism }).collect({ name: "a" }),
    totals: numbers
      .reduce((sum, n) => sum + n, { name: "totals", parallelism, emit: "end" })
      .collect({ name: "b" }),
    counts: numbers
      .reduce((count: number) => count + 1, { name: "counts", parallelism, initial: () => 0 })
      .collect({ name: "c" }),
    joined: numbers
      .join(names, (n, { name }) => `${n} has ${name}`, { name: "joined", parallelism })
      .collect({ name: "d" }),
    first: numbers.distinct({ name: "first", parallelism }).collect({ name: "e" }),
  };
}

type Handles = ReturnType<typeof declare>;

/** What came out, split by split in order where that counts. */
function results(runs: readonly (readonly [Job, Handles])[]) {
  const all = <T>(of: (handles: Handles) => { readonly step: string }) =>
    runs.flatMap(([job, handles]) => job.collected<T>(of(handles) as never));
  return {
    triples: all<string>((h) => h.triples).length,
    kept: all<string>((h) => h.triples)
      .flatMap((line) => line.replace(" at the end", "").split(": ")[1]?.split("+") ?? [])
      .sort(),
    totals: all<number>((h) => h.totals).sort(),
    counts: all<number>((h) => h.counts).sort(),
    joined: all<string>((h) => h.joined).sort(),
    first: all<number>((h) => h.first).length,
  };
}

async function whole(capacity: number) {
  return simulate({ capacity }, async (world) => {
    const env = world.runtime.environment("pipeline");
    const handles = declare(env, 1);
    const { job } = await world.finish(env);
    return results([[job, handles]]);
  });
}

async function inTwo(world: World, before: number, after: number, atMs: number) {
  const env = world.runtime.environment("pipeline");
  const first = declare(env, before);
  const job = await env.submit({ maxBatch: 4, restart: { kind: "fixedDelay", attempts: 1000, delayMs: 1 } });
  await world.clock.sleep(atMs);
  const snapshot = asJson(await job.snapshot({ stop: true }));
  expect(["cancelled", "completed"]).toContain(job.status());

  const again = world.runtime.environment("pipeline");
  const second = declare(again, after);
  const next = await again.submit({
    from: snapshot,
    restart: { kind: "fixedDelay", attempts: 1000, delayMs: 1 },
  });
  const report = await next.done;
  expect(report.ledger.problems).toEqual([]);
  return {
    snapshot,
    results: results([
      [job, first],
      [next, second],
    ]),
    next,
  };
}

describe.each(capacities)("a snapshot at capacity %i", (capacity) => {
  it.each([
    [2, 3],
    [2, 1],
    [2, 2],
    [1, 4],
  ])("taken in mid-run at parallelism %i goes on at %i to the same results", async (before, after) => {
    const expected = await whole(capacity);
    for (const atMs of [0, 7, 20, 33]) {
      const { results: got } = await simulate({ capacity, seed: atMs + 1 }, (world) =>
        inTwo(world, before, after, atMs),
      );
      expect(got).toEqual(expected);
    }
  });

  it("is exact with crashes before and behind it", async () => {
    const expected = await whole(capacity);
    for (const seed of range(8)) {
      const stores = new FaultyStores(randomFaults(new SeededRandom(seed), 8, 20));
      const { results: got } = await simulate({ capacity, seed, stores: stores.adapter }, (world) =>
        inTwo(world, 2, 3, 5 + seed * 4),
      );
      expect(got).toEqual(expected);
    }
  });
});

describe("a snapshot", () => {
  it("puts every key on one instance, whatever the parallelism, where its state is", async () => {
    const count = (env: Environment<"pipeline">, parallelism: number, owners: Map<unknown, Set<number>>) =>
      env
        .fromBatch(range(300), { name: "read" })
        .keyBy((n) => n % 20)
        .map(
          async (_, { clock, index, key, state }) => {
            owners.set(key, (owners.get(key) ?? new Set()).add(index));
            await clock.sleep(1);
            return state.counter("seen").add();
          },
          { name: "count", parallelism },
        )
        .collect();
    for (const parallelism of [3, 1]) {
      await simulate({ capacity: 4 }, async (world) => {
        const env = world.runtime.environment("pipeline");
        const before = count(env, 2, new Map());
        const job = await env.submit({ maxBatch: 4 });
        await world.clock.sleep(40);
        const snapshot = asJson(await job.snapshot({ stop: true }));

        const again = world.runtime.environment("pipeline");
        const owners = new Map<unknown, Set<number>>();
        const after = count(again, parallelism, owners);
        const next = await again.submit({ from: snapshot });
        await next.done;

        expect([...owners.values()].every((instances) => instances.size === 1)).toBe(true);
        expect(new Set([...owners.values()].flatMap((instances) => [...instances])).size).toBe(parallelism);
        const counts = [...job.collected(before), ...next.collected(after)];
        expect(counts.sort((a, b) => a - b)).toEqual(range(300).map((i) => Math.floor(i / 20) + 1));
      });
    }
  });

  it("lets the job go on as if nothing had been", async () => {
    const expected = await whole(4);
    await simulate({ capacity: 4 }, async (world) => {
      const env = world.runtime.environment("pipeline");
      const handles = declare(env, 2);
      const job = await env.submit({ maxBatch: 4 });
      for (let i = 0; i < 4; i++) {
        await world.clock.sleep(5);
        await job.snapshot();
        expect(job.status()).toBe("running");
      }
      await job.done;
      expect(results([[job, handles]])).toEqual(expected);
    });
  });

  it("leaves a paused job paused", async () => {
    await simulate({ capacity: 4 }, async (world) => {
      const env = world.runtime.environment("pipeline");
      declare(env, 1);
      const job = await env.submit({ maxBatch: 4 });
      await world.clock.sleep(3);
      await job.pause();
      const { read } = job.report().ledger;
      await job.snapshot();
      await world.clock.sleep(50);
      expect([job.status(), job.report().ledger.read]).toEqual(["paused", read]);
      job.resume();
      await job.done;
    });
  });

  it("is refused where a source cannot be read again, naming it", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      env
        .fromBatch(new Set([1]), { name: "read" })
        .map((n) => n)
        .run();
      const job = await env.submit();
      const error = await rejection(job.snapshot());
      expect(error).toMatchObject({ code: "SNAPSHOT_REFUSED" });
      expect(error.message).toContain("the source of read cannot be read again");
      await job.done;
      expect(await rejection(job.snapshot())).toMatchObject({ code: "SNAPSHOT_REFUSED" });
    });
  });

  it("that does not settle in time names what is under way, and the job goes on", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      env
        .fromBatch([1, 2])
        .map((n, { clock }) => clock.sleep(500).then(() => n), { name: "slow" })
        .run();
      const job = await env.submit();
      await world.clock.sleep(1);
      const error = await rejection(job.snapshot({ timeoutMs: 100 }));
      expect(error.message).toContain("did not settle within 100 ms; under way are slow#0");
      expect((await job.done).state).toBe("completed");
    });
  });

  it("does not fit another pipeline, and all reasons are named", async () => {
    await simulate({}, async (world) => {
      const env = world.runtime.environment("pipeline");
      env
        .fromBatch(range(50), { name: "read" })
        .map((n, { state }) => state.counter("c").add(n), { name: "count", parallelism: 2 })
        .map(async (n, { clock }) => clock.sleep(1).then(() => n), { name: "slow" })
        .run();
      const job = await env.submit({ maxBatch: 2 });
      await world.clock.sleep(5);
      const snapshot = asJson(await job.snapshot({ stop: true }));

      const other = world.runtime.environment("other");
      other
        .fromBatch(range(50), { name: "source" })
        .map((n, { state }) => state.counter("c").add(n), { name: "count", parallelism: 3 })
        .run();
      const error = await rejection(other.submit({ from: snapshot }));
      expect(error).toMatchObject({ code: "SNAPSHOT_MISMATCH" });
      for (const part of [
        'of pipeline "pipeline"',
        "read: The snapshot has state",
        "count: Its state belongs to 2 instances",
      ])
        expect(error.message).toContain(part);
      expect(await rejection(other.submit({ from: {} as never }))).toMatchObject({
        code: "SNAPSHOT_INVALID",
      });
    });
  });

  it("is refused for state that is no data, with its path", async () => {
    await simulate({}, async (world) => {
      const env = world.env();
      env
        .fromBatch(range(50))
        .keyBy((n) => n % 2)
        .reduce((_: unknown, n: number) => ({ n, f: () => n }), { initial: () => null as unknown })
        .map(async (_, { clock }) => clock.sleep(1))
        .run();
      const job = await env.submit({ maxBatch: 2 });
      await world.clock.sleep(5);
      expect(await rejection(job.snapshot())).toMatchObject({ code: "NOT_SERIALIZABLE" });
      await job.done;
    });
  });
});
