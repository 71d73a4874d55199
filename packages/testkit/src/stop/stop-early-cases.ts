import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { assertEnded, noted, type StopLab, stopCase } from "./stop-probes.ts";
import type { StopSubject } from "./stop-subject.ts";

/** A source that never ends, with two steps behind it; how many records it has given is its `taken`. */
function endless({ env, lab, log }: StopLab) {
  const counter = { taken: 0 };
  async function* source(): AsyncGenerator<number> {
    for (;;) {
      await lab.sleep(10);
      yield counter.taken++;
    }
  }
  const collected = env
    .fromBatch(source())
    .map(
      noted(log, (n: number) => lab.sleep(25).then(() => n)),
      { name: "middle" },
    )
    .map(
      noted(log, (n: number) => n),
      { name: "last" },
    )
    .collect();
  return { counter, collected };
}

/** Pipelines that are stopped, or fail. */
export const stopEarlyCases: readonly ContractCase<StopSubject>[] = [
  stopCase(
    "ST-10",
    "a drain delivers everything that the source gave, and then everything stops as at an end",
    async (scene) => {
      const { counter, collected } = endless(scene);
      const job = await scene.env.submit();
      await scene.lab.sleep(305);

      const report = await job.stop({ drain: true });

      assert.equal(report.state, "completed");
      assert.ok(counter.taken > 3);
      assert.deepEqual(job.collected(collected), numbers(counter.taken));
      scene.log.assertStopped(job.graph().channels.length);
      for (const step of ["middle", "last"]) assertEnded(scene.log, job.graph(), step);
      await scene.log.assertReleased();
    },
  ),
  stopCase(
    "ST-11",
    "a cancelled job closes every function once, finishes none, and sends no stop signal",
    async (scene) => {
      const { lab, log, env } = scene;
      endless(scene);
      const job = await env.submit();
      await lab.sleep(305);

      const report = await job.stop({ drain: false });

      assert.equal(report.state, "cancelled");
      for (const id of ["middle#0", "last#0"])
        assert.equal(log.count(`${id} closes`), 1, `how often ${id} closes`);
      const forbidden = log.events.filter((event) => /finishes|hears|stop/.test(event));
      assert.deepEqual(forbidden, []);
      assert.equal(log.closed, log.opened);
      const before = log.events.length;
      await lab.sleep(10_000);
      assert.equal(log.events.length, before, "something goes on after the job has ended");
    },
  ),
  stopCase(
    "ST-12",
    "a job that fails closes every function once, and nothing behind the failure finishes",
    async (scene) => {
      const { lab, log, env } = scene;
      env
        .fromBatch(numbers(20))
        .map(
          noted(log, (n: number) => (n === 7 ? assert.fail("seven") : n)),
          { name: "broken" },
        )
        .map(
          noted(log, (n: number) => n),
          { name: "behind", parallelism: 2 },
        )
        .run();
      const job = await env.submit();

      const failure = await rejectionOf(() => job.done);

      assert.ok(hasCode(failure, "OPERATOR_FAILED"), String(failure));
      for (const id of ["broken#0", "behind#0", "behind#1"]) {
        assert.equal(log.count(`${id} closes`), 1, `how often ${id} closes`);
        assert.equal(log.count(`${id} finishes`), 0, `how often ${id} finishes`);
        assert.equal(log.count(`${id} hears of 0`), 0, `how often ${id} hears of an end`);
      }
      const { channels } = job.graph();
      for (const { id, from } of channels.filter((channel) => channel.from === "broken#0"))
        assert.equal(log.count(`stop ${id}`), 0, `stop signals of ${from}`);
      assert.equal(log.closed, log.opened);
      await lab.sleep(10_000);
    },
  ),
];
