import type { Environment, Job, SubmitOptions } from "@sage-kernel/core";
import { FaultyStores, randomFaults } from "@sage-kernel/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCause } from "./support/failed-job.ts";
import { range, simulate, type World } from "./support/simulate.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1000 : 60 });

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
  const discarded: unknown[] = [];
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
    if (act === "discard" && job.deadLetters.discard(letter.id)) discarded.push(letter.record);
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
      if (dropped !== undefined) discarded.push(dropped.record);
    }
  };
  const [report] = await Promise.all([done, makeRoom()]);
  const refusals = (await Promise.all(waits)).filter((settled) => settled instanceof Error);
  expect(refusals.filter((error) => (error as { code?: string }).code !== "REDRIVE_REFUSED")).toEqual([]);
  return { report, discarded };
}

/** A job of three failing steps, one of them concurrent and one keyed, over a source that takes its time. */
function declare(env: Environment, cause: ReturnType<typeof createCause>, { clock }: World) {
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

      const left = job.deadLetters.list().map(({ record }) => record);
      expect(report.ledger).toMatchObject({ problems: [], undelivered: 0 });
      expect(numeric([...job.collected(good), ...left, ...discarded])).toEqual(range(40));
    });

  it("end up processed, listed or discarded, each exactly once", async () => {
    await fc.assert(fc.asyncProperty(setups, moves, (setup, plan) => run(setup, plan)));
  });

  it("do so also where tasks crash and are restarted", async () => {
    await fc.assert(
      fc.asyncProperty(setups, moves, fc.integer({ min: 2, max: 20 }), async (setup, plan, every) => {
        const random = { next: seeded(setup.seed) };
        const stores = new FaultyStores(randomFaults(random as never, every, 30));
        await run(setup, plan, stores);
      }),
    );
  });
});

/** A plain generator of chance, so that a fault plan can be repeated. */
function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("dead letters of a feedback loop that are redriven while it runs", () => {
  const rounds = 8;
  interface Token {
    readonly id: number;
    readonly n: number;
  }

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

          const letters = job.deadLetters.list();
          const gone = letters.concat().map(({ record }) => (record as Token).id);
          const dropped = discarded.map((record) => (record as Token).id);
          const through = job.collected(done).map(({ id }) => id);
          const lastTurn = letters.filter(
            ({ node, record }) => node.startsWith("tail") && (record as Token).n === rounds,
          );
          expect(report.ledger).toMatchObject({ problems: [], undelivered: 0 });
          expect(letters.filter(({ reason }) => reason !== "failed")).toEqual([]);
          expect(new Set([...gone, ...dropped, ...through]).size).toBe(20);
          expect(lastTurn.length).toBeGreaterThanOrEqual(
            gone.length + dropped.length + through.length - 20 - dropped.length,
          );
        });
      }),
    );
  });
});
