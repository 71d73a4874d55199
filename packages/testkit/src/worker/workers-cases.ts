import assert from "node:assert/strict";
import { defineJob } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf, started } from "../contract/probes.ts";
import { workerJobs } from "./worker-jobs.ts";
import { assertCompleted, assertExact, assertPaused, workersCase } from "./workers-scene.ts";
import type { WorkersSubject } from "./workers-subject.ts";

/** What holds for jobs whose tasks and services live in workers. */
export const workersCases: readonly ContractCase<WorkersSubject>[] = [
  workersCase(
    "JW-01",
    "a job in three workers counts what it would count in one process",
    ["a", "b", "c"],
    async ({ client }) => {
      const { job } = await client.submit({ name: "counting", params: { records: 500, parallelism: 4 } });
      const summary = await client.wait(job);
      assertCompleted(summary);
      assert.equal(summary.ledger.read, 500);
      const { entries } = await client.collected(job, { step: "counts" });

      assert.deepEqual(
        entries.map(({ record }) => record as number[]).sort((a, b) => (a[0] as number) - (b[0] as number)),
        numbers(10).map((n) => [n, 50]),
      );
    },
  ),
  workersCase(
    "JW-02",
    "steps call the services of their job, wherever these are",
    ["a", "b"],
    async (scene) => {
      const { job } = await scene.client.submit({ name: "squares", params: null });
      await scene.until(50);
      await assertExact(scene, job, (n) => n * n);
    },
  ),
  workersCase(
    "JW-03",
    "a feedback loop over workers ends when nothing is left inside",
    ["a", "b", "c"],
    async ({ client, seen }) => {
      const { job } = await client.submit({ name: "halving", params: [1, 2, 96, 1024, 1000] });
      assertCompleted(await client.wait(job));

      assert.deepEqual(
        ([...seen] as number[]).sort((a, b) => a - b),
        [1, 1, 1, 3, 125],
      );
    },
  ),
  workersCase(
    "JW-04",
    "a paused job stands still, and goes on without gap or repetition",
    ["a", "b"],
    async (scene) => {
      const { client } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      await client.pause(job);
      await assertPaused(scene, job);
    },
  ),
  workersCase(
    "JW-05",
    "a worker that leaves hands over what it has, and nothing is lost",
    [],
    async (scene) => {
      const { cluster, client, seen } = scene;
      const leaving = await cluster.worker("a");
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      const other = await cluster.worker("b");
      await leaving.leave();
      assert.equal(leaving.load, 0);
      await scene.until(seen.length + 50);
      await scene.when(() => other.load === 4);
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "J-09",
    "the tasks of a worker that dies are placed elsewhere, each once",
    ["a", "b", "c"],
    async (scene) => {
      const { cluster, client, seen } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      for (const name of ["a", "b"]) {
        await cluster.kill(name);
        await scene.until(seen.length + 100);
      }
      const { entries } = await client.tasks(job);
      assert.equal(new Set(entries.map(({ id }) => id)).size, 4);
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "J-16",
    "a worker that was taken for dead and comes back changes nothing, and takes work again",
    ["a", "b"],
    async (scene) => {
      const { cluster, client, seen, subject } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      await cluster.kill("a");
      await subject.sleep(2 * subject.leaseMs);
      await scene.until(seen.length + 50);
      await cluster.revive("a");
      await subject.sleep(subject.leaseMs);
      await scene.until(seen.length + 50);
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "JW-06",
    "the instances of a service go on elsewhere when their worker dies",
    ["a", "b", "c"],
    async (scene) => {
      const { job } = await scene.client.submit({ name: "squares", params: null });
      await scene.until(50);
      await scene.cluster.kill("a");
      await scene.until(scene.seen.length + 200);
      await assertExact(scene, job, (n) => n * n);
    },
  ),
  workersCase(
    "J-11",
    "a job goes on under the next manager, with what it was told",
    ["a", "b"],
    async (scene) => {
      const { cluster, client, seen } = scene;
      const standby = cluster.manager("standby");
      const { job } = await client.submit({ name: "ticking", params: null, submissionKey: "once" });
      await scene.until(50);
      await cluster.kill("manager");
      await standby;
      await scene.until(seen.length + 100);
      const again = await client.submit({ name: "ticking", params: null, submissionKey: "once" });
      assert.equal(again.job, job, "the same submission has become another job");
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "JW-07",
    "a job runs on while there is no manager, and is the next one's",
    ["a", "b"],
    async (scene) => {
      const { cluster, client, seen } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      await cluster.closeOne("manager");
      await scene.until(seen.length + 50);
      await cluster.manager();
      await scene.until(seen.length + 50);
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "J-13",
    "a job without a worker for its tasks waits for one, and says so in the end",
    ["plain"],
    async (scene) => {
      const { cluster, client } = scene;
      const error = (await rejectionOf(() => client.submit({ name: "ticking", params: "gpu" }))) as Error;
      assert.equal((error as { readonly code?: unknown }).code, "NO_WORKER");
      assert.match(error.message, /plain: it has no label "gpu"/);
      const submitted = started(() => client.submit({ name: "ticking", params: "gpu" }));
      await cluster.worker("special", { labels: ["gpu"] });
      const { job } = await submitted;
      await scene.until(10);
      await assertExact(scene, job);
    },
  ),
  workersCase("JW-08", "no worker takes more than it has slots for", [], async (scene) => {
    const { cluster, client } = scene;
    const small = await cluster.worker("small", { slots: 3 });
    const submitted = started(() => client.submit({ name: "ticking", params: null }));
    await scene.when(() => small.load >= 3);
    await scene.subject.sleep(100);
    assert.equal(small.load, 3);
    await cluster.worker("other", { slots: 1 });
    const { job } = await submitted;
    await scene.until(50);
    await assertExact(scene, job);
  }),
  workersCase(
    "JW-09",
    "a worker with another version of a job is given no work of it, and both are named",
    [],
    async ({ cluster, client, manager, when }) => {
      const other = defineJob({ ...(workerJobs().jobs[3] as Parameters<typeof defineJob>[0]), version: "2" });
      await cluster.worker("old", { jobs: [other] });
      await when(() => manager.workers.length === 1);
      const error = (await rejectionOf(() => client.submit({ name: "ticking", params: null }))) as Error;

      assert.match(
        error.message,
        /Worker "old" has another version of job "ticking" than its manager: [0-9a-f]{16}, not [0-9a-f]{16}/,
      );
    },
  ),
  workersCase(
    "JW-10",
    "a job fails with what its code throws, wherever that was",
    ["a"],
    async ({ client }) => {
      const { job } = await client.submit({ name: "failing", params: null });
      const { state, error } = await client.wait(job);

      assert.equal(state, "failed");
      assert.equal(error?.cause?.message, "it does not want to");
      await client.forget(job);
    },
  ),
  workersCase(
    "JW-11",
    "a snapshot of a job in workers is one of everything that it has read",
    ["a", "b"],
    async (scene) => {
      const { cluster, client, seen } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      const running = cluster.runtimeOf("manager").jobs.get(job);
      const { steps } = await running.snapshot({ stop: true });
      const [[, position] = []] = steps.ticks?.splits ?? [];

      assert.deepEqual(
        ([...seen] as number[]).sort((a, b) => a - b),
        numbers((position as unknown as { readonly at: number }).at),
      );
      await client.forget(job);
    },
  ),
];
