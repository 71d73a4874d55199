import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { assertExact, assertPaused, workersCase } from "./workers-scene.ts";
import type { WorkersSubject } from "./workers-subject.ts";

/** What holds where managers and workers change while something else is under way. */
export const workersChangeCases: readonly ContractCase<WorkersSubject>[] = [
  workersCase(
    "JW-12",
    "a job that is paused when its manager ends is paused under the next one",
    ["a", "b"],
    async (scene) => {
      const { cluster, client, subject } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      await client.pause(job);
      await cluster.closeOne("manager");
      await cluster.manager();
      for (let looks = 0; looks < 1000 && (await client.status(job)).state === "created"; looks++)
        await subject.sleep(10);
      await assertPaused(scene, job);
    },
  ),
  workersCase(
    "JW-13",
    "services go on with the only worker there is, manager after manager",
    ["a"],
    async (scene) => {
      const { cluster, client, seen } = scene;
      const { job } = await client.submit({ name: "squares", params: null });
      await scene.until(50);
      for (const _ of numbers(2)) {
        await cluster.closeOne("manager");
        await cluster.manager();
        await scene.until(seen.length + 100);
      }
      await assertExact(scene, job, (n) => n * n);
    },
  ),
  workersCase(
    "JW-14",
    "a pipeline that is a service answers, also when its worker is gone",
    ["a", "b", "c"],
    async (scene) => {
      const { cluster, client } = scene;
      const { job } = await client.submit({ name: "doubling", params: null });
      // One that is on its way when its worker goes is gone with it, as its caller hears in time.
      const call = async (n: number, again = 3): Promise<unknown> => {
        try {
          return await cluster.runtimeOf("manager").callService("double", n);
        } catch (error) {
          if (again === 0 || !hasCode(error, "SERVICE_TIMEOUT")) throw error;
          return call(n, again - 1);
        }
      };
      for (const n of numbers(5)) assert.equal(await call(n), 2 * n);
      await cluster.kill("a");
      await scene.subject.sleep(3 * scene.subject.leaseMs);
      for (const n of numbers(5)) assert.equal(await call(n), 2 * n);
      await cluster.kill("b");
      await scene.subject.sleep(3 * scene.subject.leaseMs);
      for (const n of numbers(5)) assert.equal(await call(n), 2 * n);
      const { state } = await client.stop(job);
      assert.equal(state, "completed");
      await client.forget(job);
    },
  ),
  workersCase(
    "JW-15",
    "code that fails at its end fails its job, and its worker goes on",
    ["a"],
    async (scene) => {
      const { client } = scene;
      const { job } = await client.submit({ name: "ends-badly", params: null });
      const { state, error } = await client.wait(job);
      assert.equal(state, "failed");
      assert.match(JSON.stringify(error), /it does not want to close/);
      await client.forget(job);
      scene.seen.length = 0;
      const { job: next } = await client.submit({ name: "ticking", params: null });
      await scene.until(10);
      await assertExact(scene, next);
    },
  ),
  workersCase(
    "JW-16",
    "many tasks that wait for a worker take no more of one than it has slots for",
    ["a"],
    async (scene) => {
      const { cluster, client, seen, subject } = scene;
      const { job } = await client.submit({ name: "ticking", params: null });
      await scene.until(50);
      await cluster.kill("a");
      await subject.sleep(1.25 * subject.leaseMs); // and the tasks wait for another worker
      const small = await cluster.worker("small", { slots: 3 });
      await scene.when(() => small.load >= 3);
      await subject.sleep(100);
      assert.equal(small.load, 3);
      await cluster.worker("other", { slots: 1 });
      await scene.until(seen.length + 50);
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "JW-17",
    "what a client has asked for while its manager ends the next one does",
    ["a", "b"],
    async (scene) => {
      const { cluster, client } = scene;
      const closing = cluster.closeOne("manager");
      const submitted = client.submit({ name: "ticking", params: null, submissionKey: "meanwhile" });
      await closing;
      await cluster.manager();
      const { job } = await submitted;
      await scene.until(50);
      await assertExact(scene, job);
    },
  ),
  workersCase(
    "JW-18",
    "what an instance of a service was asked before its worker died is asked again",
    ["a", "b", "c"],
    async (scene) => {
      const { cluster, client, held } = scene;
      let letGo = (): void => undefined;
      held.until = new Promise((resolve) => {
        letGo = resolve;
      });
      const { job } = await client.submit({ name: "squares", params: 3 }); // an instance in each worker
      await scene.when(() => held.calls === 8); // all that two tasks ask at once
      await cluster.kill("a");
      letGo();
      await scene.until(100);
      await assertExact(scene, job, (n) => n * n);
    },
  ),
];
