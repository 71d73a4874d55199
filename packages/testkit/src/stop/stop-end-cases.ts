import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { assertEnded, noted, stopCase } from "./stop-probes.ts";
import type { StopSubject } from "./stop-subject.ts";

/** Pipelines that come to their end. */
export const stopEndCases: readonly ContractCase<StopSubject>[] = [
  stopCase(
    "ST-01",
    "every channel carries one stop signal, behind its last record, whatever routes it",
    async ({ env, log, lab }) => {
      const source = env.fromBatch(numbers(30), { parallelism: 2 });
      const keyed = source.keyBy((n) => n % 5).map((n) => n, { parallelism: 3 });
      const all = source.keyBy((n) => n, { strategy: "broadcast" }).map((n) => n, { parallelism: 2 });
      const risky = source.map((n) => (n % 7 === 0 ? assert.fail("seven") : n), { onError: "deadLetter" });
      risky
        .deadLetters()
        .map(() => 1, { parallelism: 2 })
        .run();
      keyed
        .union(all, risky)
        .map((n) => n, { parallelism: 2 })
        .run();

      const { job, report } = await lab.finish(env);

      log.assertStopped(job.graph().channels.length);
      assert.equal(report.ledger.balanced, true, report.ledger.problems.join("; "));
    },
  ),
  stopCase(
    "ST-02",
    "no task finishes before each of its producers has stopped, and none stops before it finishes",
    async ({ env, log, lab }) => {
      const uneven = async function* (ms: number): AsyncGenerator<number> {
        for (const n of numbers(4)) {
          await lab.sleep(ms);
          yield n;
        }
      };
      const early = env.fromBatch(numbers(6));
      const late = env.fromBatch(uneven(200));
      const options = { parallelism: 3, name: "spread" };
      const spread = early.union(late).map(
        noted(log, async (n: number) => {
          await lab.sleep(n * 30);
          return n;
        }),
        options,
      );
      spread
        .map(
          noted(log, (n: number) => n),
          { parallelism: 2, name: "gather" },
        )
        .run();

      const { job } = await lab.finish(env);

      for (const step of ["spread", "gather"]) assertEnded(log, job.graph(), step);
    },
  ),
  stopCase(
    "ST-03",
    "each input's end is announced once, when that input has ended, and before the task finishes",
    async ({ env, log, lab }) => {
      const late = async function* (): AsyncGenerator<number> {
        await lab.sleep(1000);
        yield* numbers(3);
      };
      const methods = {
        create: () => {
          const hooks = noted(log, (n: number) => n).create();
          return { ...hooks, map0: hooks.execute, map1: hooks.execute, map2: hooks.execute };
        },
      };
      env
        .fromBatch(numbers(5), { parallelism: 2 })
        .connect(env.fromBatch(late()), env.fromBatch<number>([]))
        .coMap(methods, { name: "merge" })
        .run();

      const { job } = await lab.finish(env);

      assertEnded(log, job.graph(), "merge");
      const heard = log.events.filter((event) => event.includes("hears"));
      assert.deepEqual(
        [...heard].sort(),
        [0, 1, 2].map((input) => `merge#0 hears of ${input}`),
      );
      assert.equal(heard.at(-1), "merge#0 hears of 1");
      assert.ok(log.events.indexOf("merge#0 hears of 0") < log.events.lastIndexOf("merge#0 takes"));
      assert.ok(log.events.lastIndexOf("merge#0 takes") < log.events.indexOf("merge#0 hears of 1"));
    },
  ),
  stopCase(
    "ST-04",
    "a slow sink closes after its last record, and the job is done after that",
    async ({ env, log, lab }) => {
      const from = lab.now;
      env.fromBatch(numbers(8)).sink(
        noted(log, () => lab.sleep(100)),
        { name: "slow" },
      );

      await lab.finish(env);

      const mine = log.events.filter((event) => event.startsWith("slow"));
      assert.equal(log.count("slow#0 takes"), 8);
      assert.deepEqual(mine.slice(-3), ["slow#0 hears of 0", "slow#0 finishes", "slow#0 closes"]);
      assert.equal(mine.indexOf("slow#0 hears of 0"), mine.lastIndexOf("slow#0 takes") + 1);
      assert.equal(lab.now - from, 800);
    },
  ),
  stopCase(
    "ST-05",
    "what tasks emit when they finish arrives, through everything behind them",
    async ({ env, log, lab }) => {
      const collected = env
        .fromBatch(numbers(3))
        .map(
          noted(
            log,
            (n: number) => n,
            numbers(20).map((n) => 1000 + n),
          ),
          { parallelism: 2 },
        )
        .map(
          noted(log, (n: number) => n, [5000]),
          { parallelism: 1 },
        )
        .collect();

      const { job } = await lab.finish(env, { maxBatch: 4 });

      const last = numbers(20).map((n) => 1000 + n);
      const expected = [...numbers(3), ...last, ...last, 5000].sort((a, b) => a - b);
      assert.deepEqual(
        [...job.collected(collected)].sort((a, b) => a - b),
        expected,
      );
      assert.equal(job.collected(collected).at(-1), 5000);
    },
  ),
  stopCase(
    "ST-06",
    "sources without records end everything behind them, at any parallelism",
    async ({ env, log, lab }) => {
      const empty = env.fromBatch<number>([], { parallelism: 3 });
      empty
        .map(
          noted(log, (n: number) => n),
          { parallelism: 2, name: "first" },
        )
        .keyBy((n) => n)
        .map(
          noted(log, (n: number) => n),
          { parallelism: 4, name: "second" },
        )
        .run();

      const { job } = await lab.finish(env);

      for (const step of ["first", "second"]) assertEnded(log, job.graph(), step);
      log.assertStopped(job.graph().channels.length);
    },
  ),
  stopCase(
    "ST-07",
    "when the job is done all queues are closed and empty, and every record is accounted for",
    async ({ env, log, lab }) => {
      const source = env.fromBatch(numbers(21));
      const risky = source.map((n) => (n % 3 === 0 ? assert.fail("three") : n), {
        onError: "deadLetter",
        parallelism: 2,
      });
      const kept = risky.collect();
      const copies = source.map((n) => lab.sleep(1).then(() => n)).collect();

      const { job } = await lab.finish(env);

      await log.assertReleased();
      assert.equal(job.collected(kept).length + job.deadLetters.list().length, 21);
      assert.deepEqual(job.collected(copies), numbers(21));
    },
  ),
  stopCase(
    "ST-08",
    "the stop signal goes round a feedback loop once, after its last record",
    async ({ env, log, lab }) => {
      const again = env.fromFuture<number>("again");
      const less = env
        .fromBatch(numbers(6))
        .union(again)
        .map(
          noted(log, (n: number) => n - 1),
          { name: "head" },
        );
      less.filter((n) => n >= 0, { parallelism: 2 }).fill(again);
      const ended = less.filter((n) => n < 0).collect();

      const { job } = await lab.finish(env);

      log.assertStopped(job.graph().channels.length);
      assertEnded(log, job.graph(), "head");
      assert.equal(job.collected(ended).length, 6);
    },
  ),
];
