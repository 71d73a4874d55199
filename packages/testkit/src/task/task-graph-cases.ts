import assert from "node:assert/strict";
import { type DataStream, hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { ordersOf } from "../descriptor/queue-driver-probes.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { type TaskLab, taskCase } from "./task-lab.ts";

/** Some numbers, the first one after a while. */
async function* after(lab: TaskLab, ms: number, items: readonly number[]): AsyncGenerator<number> {
  await lab.sleep(ms);
  yield* items;
}

const ascending = (found: readonly number[]): number[] => [...found].sort((a, b) => a - b);

/** Records of the left and of the right side, and when each begins to send. */
const sides: readonly (readonly [left: number, leftMs: number, right: number, rightMs: number])[] = [
  [3, 0, 9, 500],
  [9, 500, 3, 0],
  [4, 0, 0, 100],
  [0, 100, 4, 0],
  [0, 0, 0, 0],
];

/** Runs a scenario for each of some things, all of them side by side. */
async function atOnce<T>(things: readonly T[], scenario: (thing: T) => Promise<void>): Promise<void> {
  await Promise.all(things.map(scenario));
}

/** Several tasks together. */
export const taskGraphCases: readonly ContractCase<TaskFactorySubject>[] = [
  taskCase("T-07", "three producers may end in any order, and everything they sent is processed", (lab) =>
    atOnce(ordersOf([0, 1, 2]), async (order) => {
      const env = await lab.pipeline(3);
      const slowly = (place: number, n: number) =>
        env.fromBatch(
          after(
            lab,
            place * 100,
            numbers(8).map((i) => n * 100 + i),
          ),
        );
      const [a, b, c] = order.map(slowly) as [DataStream<number>, DataStream<number>, DataStream<number>];
      const collected = a
        .union(b, c)
        .map((n) => n)
        .collect();

      const { job } = await lab.finish(env);

      const expected = [0, 100, 200].flatMap((base) => numbers(8).map((i) => base + i));
      assert.deepEqual(ascending(job.collected(collected)), expected, `ending in the order ${order}`);
    }),
  ),
  taskCase("T-08", "N instances feed M instances: each ends once, and every record arrives once", (lab) =>
    atOnce([1, 2, 3, 4], async (n) => {
      const ends: string[] = [];
      const step = (name: string) => ({
        create: () => ({
          execute: (record: number) => record,
          finish: () => void ends.push(`${name} finishes`),
          close: () => void ends.push(`${name} closes`),
        }),
      });
      const env = await lab.pipeline(2);
      const sender = env.fromBatch(numbers(12)).map(step("n"), { parallelism: n });
      const receivers = [1, 2, 3, 4].map((m) => sender.map(step(`${m}`), { parallelism: m }).collect());

      const { job, report } = await lab.finish(env);

      const count = (what: string): number => ends.filter((end) => end === what).length;
      assert.deepEqual([count("n finishes"), count("n closes")], [n, n]);
      for (const [i, collected] of receivers.entries()) {
        const m = i + 1;
        assert.deepEqual(ascending(job.collected(collected)), numbers(12), `${n} to ${m}`);
        assert.deepEqual([count(`${m} finishes`), count(`${m} closes`)], [m, m]);
      }
      assert.equal(report.ledger.balanced, true, report.ledger.problems.join("; "));
    }),
  ),
  taskCase(
    "T-09",
    "a join and a coMap give all they should when their sides are uneven, late or empty",
    (lab) =>
      atOnce(sides, async ([left, leftMs, right, rightMs]) => {
        const env = await lab.pipeline(2);
        const l = env.fromBatch(after(lab, leftMs, numbers(left)));
        const r = env.fromBatch(after(lab, rightMs, numbers(right)));
        const parity = (n: number): number => n % 2;
        const pairs = l
          .keyBy(parity)
          .join(r.keyBy(parity), (a, b) => 100 * a + b, { parallelism: 2 })
          .collect();
        const both = l
          .connect(r)
          .coMap({ map0: (n: number) => n, map1: (n: number) => 100 + n })
          .collect();

        const { job } = await lab.finish(env);

        const expected = numbers(left).flatMap((a) =>
          numbers(right).flatMap((b) => (parity(a) === parity(b) ? [100 * a + b] : [])),
        );
        assert.deepEqual(ascending(job.collected(pairs)), ascending(expected), `${left} and ${right}`);
        const mapped = [...numbers(left), ...numbers(right).map((n) => 100 + n)];
        assert.deepEqual(ascending(job.collected(both)), ascending(mapped));
      }),
  ),
  taskCase("T-16", "a feedback loop ends when nothing is left inside, and not before", async (lab) => {
    for (const parallelism of [1, 2]) {
      const env = await lab.pipeline(4);
      const again = env.fromFuture<number>("again");
      const less = env
        .fromBatch(after(lab, 50, numbers(8)))
        .union(again)
        .map(
          async (n) => {
            if (n % 3 === 0) await lab.sleep(20);
            return n - 1;
          },
          { parallelism },
        );
      less.filter((n) => n >= 0).fill(again);
      const ended = less.filter((n) => n < 0).collect();

      const { job } = await lab.finish(env);

      assert.deepEqual(
        job.collected(ended),
        numbers(8).map(() => -1),
      );
    }
  }),
  taskCase("T-51", "a feedback loop that makes more than it ends fails and names itself", async (lab) => {
    const env = await lab.pipeline(4);
    const again = env.fromFuture<number>("again", { maxLoopRecords: 50 });
    const more = env
      .fromBatch([1, 2, 3])
      .union(again)
      .flatMap((n) => [n, n]);
    more.fill(again);
    more.run();
    const job = await env.submit();

    const error = await rejectionOf(() => job.done);

    assert.ok(hasCode(error, "LOOP_OVERFLOW"), String(error));
    assert.deepEqual([error.details.loop, error.details.limit], ["again", 50]);
    for (const { state, id } of job.report().tasks) assert.notEqual(state, "running", id);
  }),
  taskCase("T-52", "a paused job stands still and goes on without loss or repetition", async (lab) => {
    const env = await lab.pipeline(2);
    let steps = 0;
    const collected = env
      .fromBatch(after(lab, 0, numbers(40)))
      .map(
        async (n) => {
          steps++;
          await lab.sleep(5);
          return n;
        },
        { parallelism: 2 },
      )
      .map((n) => n)
      .collect();
    const job = await env.submit();
    for (const _ of numbers(3)) {
      await lab.sleep(12);
      await job.pause();
      const before = steps;
      await lab.sleep(1000);
      assert.equal(steps, before, "records begun while the job is paused");
      job.resume();
    }
    await job.done;

    assert.deepEqual(ascending(job.collected(collected)), numbers(40));
    assert.equal(steps, 40);
  }),
  taskCase("T-53", "a drained job delivers all that its sources took", async (lab) => {
    const env = await lab.pipeline(2);
    let taken = 0;
    async function* endless(): AsyncGenerator<number> {
      for (;;) {
        await lab.sleep(10);
        yield taken++;
      }
    }
    const collected = env
      .fromBatch(endless())
      .map((n) => lab.sleep(25).then(() => n))
      .collect();
    const job = await env.submit();
    await lab.sleep(205);

    const report = await job.stop({ drain: true });

    assert.equal(report.state, "completed");
    assert.ok(taken > 5);
    assert.deepEqual(job.collected(collected), numbers(taken));
    assert.equal(report.ledger.undelivered, 0);
  }),
];
