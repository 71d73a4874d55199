import type { Collected, DeadLetter, Environment, Job, SubmitOptions } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCause } from "./support/failed-job.ts";
import { range, simulate, type World } from "./support/simulate.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1000 : 60 });

type Cause = ReturnType<typeof createCause>;

/** What somebody does with the dead letters of a running job, and when. */
const moves = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 30 }),
    act: fc.constantFrom("redrive", "redrive", "twice", "all", "discard", "pause", "resume", "repair"),
    at: fc.nat(),
  }),
  { maxLength: 30 },
);

type Moves = typeof moves extends fc.Arbitrary<infer M> ? M : never;

/** Does it, until the job has ended; answers what was discarded. */
async function act(job: Job, plan: Moves, cause: { gone: boolean }, { clock }: World) {
  const discarded: DeadLetter[] = [];
  let ended = false;
  const waits: Promise<unknown>[] = [];
  const watch = (wait: Promise<unknown>) => waits.push(wait.catch((error: unknown) => error));
  const done = job.done.finally(() => {
    ended = true;
  });
  const actOnce = ({ act, at }: Moves[number]) => {
    const letters = job.deadLetters.list();
    const letter = letters[at % letters.length];
    if (act === "repair") cause.gone = true;
    if (act === "pause") watch(job.pause());
    if (act === "resume") job.resume();
    if (act === "all") watch(job.deadLetters.redriveAll());
    if (letter === undefined) return;
    if (act === "redrive" || act === "twice") watch(job.deadLetters.redrive(letter.id));
    if (act === "twice") watch(job.deadLetters.redrive(letter.id));
    if (act === "discard" && job.deadLetters.discard(letter.id)) discarded.push(letter);
  };
  for (const move of plan) {
    await clock.sleep(move.afterMs);
    if (ended) break;
    actOnce(move);
  }
  job.resume();
  /** Where the store blocks, somebody has to make room until all is through. */
  const makeRoom = async () => {
    while (!ended) {
      await clock.sleep(20);
      const dropped = job.deadLetters.list().find(({ id }) => job.deadLetters.discard(id));
      if (dropped !== undefined) discarded.push(dropped);
    }
  };
  const [report] = await Promise.all([done, makeRoom()]);
  const refusals = (await Promise.all(waits)).filter((settled) => settled instanceof Error);
  expect(refusals.filter((error) => (error as { code?: string }).code !== "REDRIVE_REFUSED")).toEqual([]);
  return { report, discarded };
}

/** A job of three failing steps, one of them concurrent and one keyed, over a source that takes its time. */
function declare(env: Environment, cause: Cause, { clock }: World) {
  const onError = "deadLetter";
  return env
    .fromBatch(async function* () {
      for (const n of range(40)) {
        if (n % 3 === 0) await clock.sleep(5);
        yield n;
      }
    })
    .map((n) => (n % 2 === 0 ? cause.check(n) : n), { onError, parallelism: 2 })
    .map(
      async (n) => {
        await clock.sleep(n % 4);
        return n % 3 === 0 ? cause.check(n) : n;
      },
      { onError, concurrency: 3, ordered: false },
    )
    .keyBy((n) => n % 5)
    .map((n) => cause.check(n), { onError, parallelism: 2 })
    .collect();
}

const setups = fc.record({
  seed: fc.integer(),
  capacity: fc.constantFrom(1, 2, 1024),
  maxBatch: fc.constantFrom(1, 4, 256),
  whenDeadLettersFull: fc.constantFrom("fail" as const, "block" as const),
});

const numeric = (values: readonly unknown[]) => [...values].sort((a, b) => Number(a) - Number(b));

describe("dead letters that are redriven and discarded at any time", () => {
  const run = (
    {
      seed,
      capacity,
      maxBatch,
      whenDeadLettersFull,
    }: typeof setups extends fc.Arbitrary<infer S> ? S : never,
    plan: Moves,
    stores?: FaultyStores,
  ) =>
    simulate({ seed, capacity, ...(stores && { stores: stores.adapter }) }, async (world) => {
      const cause = createCause();
      const env = world.env();
      const good = declare(env, cause, world);
      const options: SubmitOptions = {
        maxBatch,
        whenDeadLettersFull,
        deadLetterCapacity: whenDeadLettersFull === "block" ? 2 : 1000,
        ...(stores && { restart: { kind: "fixedDelay", attempts: 1000, delayMs: 5 } }),
      };
      const job = await env.submit(options);

      const { report, discarded } = await act(job, plan, cause, world);

      const letters = [...job.deadLetters.list(), ...discarded].map(({ record }) => record);
      expect(report.ledger).toMatchObject({ problems: [], undelivered: 0 });
      expect(numeric([...job.collected(good), ...letters])).toEqual(range(40));
    });

  it("end up processed, listed or discarded, each exactly once", async () => {
    await fc.assert(fc.asyncProperty(setups, moves, (setup, plan) => run(setup, plan)));
  });

  it("do so also where tasks crash and are restarted", async () => {
    await fc.assert(
      fc.asyncProperty(setups, moves, fc.integer({ min: 2, max: 20 }), async (setup, plan, every) => {
        const stores = new FaultyStores(randomFaults(new SeededRandom(setup.seed), every, 30));
        await run(setup, plan, stores);
      }),
    );
  });
});

describe("dead letters of a feedback loop that are redriven while it runs", () => {
  const rounds = 8;
  interface Token {
    readonly id: number;
    readonly n: number;
  }
  const tokenOf = ({ record }: DeadLetter) => record as Token;

  it("go round to the end or stay listed, each exactly once, and none comes too late", async () => {
    await fc.assert(
      fc.asyncProperty(setups, moves, fc.constantFrom(1, 2), async (setup, plan, parallelism) => {
        const { seed, capacity, maxBatch } = setup;
        await simulate({ seed, capacity }, async (world) => {
          const cause = createCause();
          const check = (token: Token): Token => {
            cause.check(token.id + token.n);
            return token;
          };
          const options = { onError: "deadLetter", parallelism } as const;
          const env = world.env();
          const back = env.fromFuture<Token>("back");
          const turned = env
            .fromBatch(range(20).map((id) => ({ id, n: 0 })))
            .union(back)
            .map(check, { ...options, name: "head" })
            .map(
              async (token) => {
                await world.clock.sleep(token.id % 3);
                return check({ id: token.id, n: token.n + 1 });
              },
              { ...options, name: "body" },
            );
          const done = turned.filter(({ n }) => n === rounds).collect();
          turned.filter((token) => check(token).n < rounds, { ...options, name: "tail" }).fill(back);
          const job = await env.submit({ maxBatch });

          const { report, discarded } = await act(job, plan, cause, world);

          const letters = [...job.deadLetters.list(), ...discarded];
          expect(report.ledger).toMatchObject({ problems: [], undelivered: 0 });
          expect(letters.filter(({ reason }) => reason !== "failed")).toEqual([]);
          // What failed behind its last turn has been collected already.
          const underWay = letters.filter((l) => !l.node.startsWith("tail") || tokenOf(l).n < rounds);
          const ids = [...job.collected(done), ...underWay.map(tokenOf)].map(({ id }) => id);
          expect(numeric(ids)).toEqual(range(20));
        });
      }),
    );
  });
});

describe("a dead letter that is redriven at any step of the end", () => {
  /** Lets so many steps pass after the submission, redrives all letters, and answers what became of the job. */
  const redriveAt = async (
    steps: number,
    declare: (env: Environment, cause: Cause) => Collected<number>,
    world: World,
  ) => {
    const cause = createCause();
    const env = world.env();
    const collected = declare(env, cause);
    const job = await env.submit();
    for (let step = 0; step < steps; step++) await world.scheduler.yield();
    cause.gone = true;
    const redriven = await job.deadLetters.redriveAll();
    const { ledger } = await job.done;
    expect(ledger).toMatchObject({ problems: [], undelivered: 0 });
    const letters = job.deadLetters.list();
    expect(letters.filter(({ reason }) => reason !== "failed")).toEqual([]);
    const records = letters.map(({ record }) => record as number);
    return { redriven, left: records.length, all: [...job.collected(collected), ...records] };
  };

  it.each<[string, (env: Environment, cause: Cause) => Collected<number>]>([
    [
      "of a chain",
      (env, cause) =>
        env
          .fromBatch([7, 14, 1])
          .map((n) => n)
          .map((n) => cause.check(n), { onError: "deadLetter" })
          .collect(),
    ],
    [
      "of a feedback loop",
      (env, cause) => {
        const back = env.fromFuture<number>("back");
        const turned = env
          .fromBatch([7, 14, 1])
          .union(back)
          .map((n) => n)
          .map((n) => cause.check(n), { onError: "deadLetter" });
        turned.filter(() => false).fill(back);
        const again = turned.map((n) => n);
        return again.collect();
      },
    ],
    [
      "of a feedback loop whose head failed on it",
      (env, cause) => {
        const back = env.fromFuture<number>("back");
        const turned = env
          .fromBatch([7, 14, 1])
          .union(back)
          .map((n) => cause.check(n), { onError: "deadLetter" });
        turned
          .map((n) => n + 1000)
          .filter((n) => n < 1000)
          .fill(back);
        return turned.collect();
      },
    ],
  ])("%s is processed or stays, and is never lost or late", async (_, declare) => {
    const outcomes = new Set<string>();
    for (let steps = 0; steps < 60; steps++) {
      for (const seed of [1, 2, 3]) {
        await simulate({ seed, capacity: seed === 1 ? 1 : 1024 }, async (world) => {
          const { redriven, left, all } = await redriveAt(steps, declare, world);
          expect(numeric(all)).toEqual([1, 7, 14]);
          outcomes.add(`${redriven} redriven, ${left} left`);
        });
      }
    }
    expect(outcomes).toContain("2 redriven, 0 left");
    expect(outcomes).toContain("0 redriven, 2 left");
  });
});
