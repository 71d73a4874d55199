import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, started } from "../contract/probes.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { type TaskLab, taskCase } from "./task-lab.ts";

/** Pauses a task with a part of a delivery done, a part in flight, and a part not begun. */
async function pausesMidway(lab: TaskLab, concurrency: number): Promise<void> {
  const record = (n: unknown) => ((n as number) < 7 ? n : lab.sleep(100).then(() => n));
  const bench = await lab.bench({ concurrency, record });
  await bench.feed(numbers(7)); // larger deliveries from here on
  await bench.stop("up#0", [7, 8, 9, 10]);
  await bench.start();
  await lab.sleep(10);
  const begun = bench.called("record").length;
  await bench.task.pause();

  await lab.sleep(1000);
  assert.equal(bench.called("record").length, begun, "records begun while it is paused");
  bench.task.resume();
  await bench.completes();
  assert.deepEqual(bench.sentTo(), numbers(11));
  assert.equal(bench.called("record").length, 11);
}

/** How records move through one task: in flight, under pressure, paused. */
export const taskFlowCases: readonly ContractCase<TaskFactorySubject>[] = [
  taskCase(
    "T-05",
    "a concurrent step has as many records in flight as it may, and keeps their order",
    async (lab) => {
      let flying = 0;
      let most = 0;
      const bench = await lab.started({
        concurrency: 3,
        record: async (payload) => {
          flying++;
          most = Math.max(most, flying);
          await lab.sleep(100 - 9 * (payload as number)); // later ones are quicker
          flying--;
          return payload;
        },
      });
      await bench.stop("up#0", numbers(10));
      await bench.completes();

      assert.equal(most, 3);
      assert.deepEqual(bench.sentTo(), numbers(10));
    },
  ),
  taskCase(
    "T-38",
    "an unordered step lets out what is ready, and the stop signal behind all of it",
    async (lab) => {
      const delays = [500, 10, 20, 30];
      const bench = await lab.started({
        concurrency: 4,
        ordered: false,
        record: async (payload) => {
          await lab.sleep(delays[payload as number] as number);
          return payload;
        },
      });
      await bench.stop("up#0", numbers(4));
      await lab.sleep(100);
      const meanwhile = bench.sentTo();
      await bench.completes();

      assert.deepEqual(meanwhile, [1, 2, 3]);
      assert.deepEqual(bench.sentTo(), [1, 2, 3, 0]);
      assert.equal(bench.receivers[0]?.puts.at(-1)?.stop?.source, "probe#0");
    },
  ),
  taskCase(
    "T-39",
    "records with one key are never in flight together, and each finds its own key",
    async (lab) => {
      const flying = new Set<unknown>();
      const wrong: unknown[] = [];
      const bench = await lab.started({
        concurrency: 4,
        record: async (payload, ctx) => {
          const { key } = ctx;
          if (flying.has(key)) wrong.push(`two of ${key}`);
          flying.add(key);
          await lab.sleep(10);
          if (ctx.key !== key) wrong.push(`${key} became ${ctx.key}`);
          flying.delete(key);
          return payload;
        },
      });
      const keys = ["a", "a", "b", "a", "c", "b"];
      await bench.feed(numbers(6), "up#0", keys);
      await bench.stop();
      await bench.completes();

      assert.deepEqual(wrong, []);
      assert.deepEqual(bench.sentTo(), numbers(6));
      assert.equal(lab.now, 30, "different keys are in flight together");
    },
  ),
  taskCase(
    "T-10",
    "a slow last record arrives before the stop signal that follows it at once",
    async (lab) => {
      for (const concurrency of [1, 3]) {
        const bench = await lab.started(
          { concurrency, record: (n) => (n === 4 ? lab.sleep(1000).then(() => n) : n) },
          `slow-${concurrency}`,
        );
        const from = lab.now;
        await bench.stop("up#0", numbers(5));
        await lab.sleep(999);
        assert.deepEqual(bench.stopsTo(), []);
        await bench.completes();

        assert.equal(lab.now - from, 1000);
        assert.deepEqual(bench.sentTo(), numbers(5));
        assert.deepEqual(await bench.consume(), numbers(5));
      }
    },
  ),
  taskCase("T-40", "what is done is visible while the task waits with the next record", async (lab) => {
    const bench = await lab.bench({ record: (n) => (n === 9 ? lab.sleep(60_000).then(() => n) : n) });
    await bench.feed(numbers(7));
    await bench.stop("up#0", [7, 8, 9, 10]);
    await bench.start();
    await lab.sleep(1000);

    assert.deepEqual(bench.sentTo(), numbers(9));
    assert.equal(bench.inbox.size(), 2, "what is done is committed");
    await bench.completes();
    assert.deepEqual(bench.sentTo(), numbers(11));
  }),
  taskCase(
    "T-41",
    "a receiver that is full stops the task, which goes on without loss once there is room",
    async (lab) => {
      const bench = await lab.bench({ room: 2, capacity: 4 });
      const fed = started(() => bench.feed(numbers(40)));
      const stopped = fed.then(() => bench.stop());
      await bench.start();
      await lab.sleep(10_000);
      const done = bench.called("record").length;
      assert.ok(done <= 2 + 4, `${done} records were taken for room of 2 and units of 4`);
      assert.match(bench.task.report().waitsFor ?? "", /next#0/, "it says where there is no room");

      const payloads = await bench.consume();

      await stopped;
      await bench.completes();
      assert.deepEqual(payloads, numbers(40));
      assert.equal(bench.inbox.size(), 0);
    },
  ),
  taskCase("T-42", "a paused task starts nothing, and goes on without gap or repetition", async (lab) => {
    for (const concurrency of [1, 3]) {
      const record = (payload: unknown) => lab.sleep(10).then(() => payload);
      const bench = await lab.started({ concurrency, record }, `pause-${concurrency}`);
      await bench.feed(numbers(20));
      await lab.sleep(25);
      await Promise.all([bench.task.pause(), bench.task.pause()]);
      const begun = bench.called("record").length;
      await bench.stop("up#0", [20, 21]);
      await lab.sleep(10_000);
      await lab.sleep(1000);
      assert.equal(bench.called("record").length, begun, "records begun while it is paused");
      assert.ok(begun > 0 && begun < 20);

      bench.task.resume();
      bench.task.resume();
      await bench.completes();

      assert.deepEqual(bench.sentTo(), numbers(22));
      assert.deepEqual(
        bench.called("record"),
        numbers(22).map((n) => `record ${n}`),
      );
    }
  }),
  taskCase("T-43", "pause resolves when the records in flight are done, or wait for room", async (lab) => {
    const busy = await lab.started({ record: (n) => lab.sleep(100).then(() => n) }, "busy");
    await busy.feed(numbers(3));
    await lab.sleep(10);
    await busy.task.pause();
    assert.equal(lab.now, 100, "when the record in flight is done");
    assert.equal(busy.called("record").length, 1);

    const blocked = await lab.started({ room: 1 }, "blocked");
    await blocked.feed(numbers(8));
    await lab.sleep(10);
    await blocked.task.pause();

    const idle = await lab.started({}, "idle");
    await lab.settle();
    await idle.task.pause();
    assert.ok(lab.now < 200, "nobody waits who has nothing to do");
    await idle.stop("up#0", ["a"]);
    await lab.sleep(100);
    assert.deepEqual(idle.sentTo(), []);
    idle.task.resume();
    await idle.completes();
    assert.deepEqual(idle.sentTo(), ["a"]);
  }),
  taskCase("T-54", "a pause in the middle of a delivery starts none of its other records", (lab) =>
    pausesMidway(lab, 2),
  ),
  taskCase("T-55", "so it does where the records of a delivery run one after the other", (lab) =>
    pausesMidway(lab, 1),
  ),
  taskCase("T-44", "a paused task can be cancelled", async (lab) => {
    const bench = await lab.started();
    await bench.task.pause();
    await bench.feed(["a"]);

    assert.deepEqual(await bench.task.cancel(), { state: "cancelled" });
    assert.deepEqual(bench.operator.calls, ["open", "close"]);
  }),
];
