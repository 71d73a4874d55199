import { SeededRandom } from "@sage-kernel/core/spi";
import { ChannelLog, FaultyStores, randomFaults } from "@sage-kernel/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loggedQueues } from "./support/logged-queues.ts";
import { declare } from "./support/random-pipeline/declare.ts";
import { faultyRunPlan, pipelinePlan, runPlan } from "./support/random-pipeline/plan.ts";
import { assertResults, restart, run } from "./support/random-pipeline/run.ts";
import { simulate } from "./support/simulate.ts";

const deep = process.env.SAGE_DEEP === "1";
const numRuns = deep ? 1000 : 150;
const maxSteps = 300_000;
const timeoutMs = deep ? 600_000 : 60_000;

describe("any pipeline", () => {
  it(
    "ends, gives what a sequential model gives, keeps every channel in order, and balances its ledger",
    () =>
      fc.assert(
        fc.asyncProperty(pipelinePlan, runPlan, fc.nat(), async (plan, how, seed) => {
          const log = new ChannelLog();
          await simulate({ seed, maxSteps, adapters: [loggedQueues(log)] }, async (world) => {
            const pipeline = world.env();
            const generated = declare(pipeline, plan, how, world.clock);

            const { job, report } = await run(pipeline, how, world);

            assertResults(generated, job, report);
            expect(report.ledger.balanced).toBe(true);
            log.assertStopped(job.graph().channels.length);
          });
        }),
        { numRuns },
      ),
    timeoutMs,
  );

  it(
    "gives the same where commits crash, are lost or answered late, and its tasks are restarted",
    () =>
      fc.assert(
        fc.asyncProperty(pipelinePlan, faultyRunPlan, fc.nat(), async (plan, how, seed) => {
          const { every, budget } = how.faults;
          const log = new ChannelLog();
          const stores = new FaultyStores(randomFaults(new SeededRandom(seed), every, budget));
          const options = { seed, maxSteps, adapters: [loggedQueues(log)], stores: stores.adapter };
          await simulate(options, async (world) => {
            const pipeline = world.env();
            const generated = declare(pipeline, plan, how, world.clock);

            const { job, report } = await run(pipeline, how, world);

            assertResults(generated, job, report, true);
            expect(report.ledger.balanced).toBe(true);
            log.assertStopped(job.graph().channels.length);
          });
        }),
        { numRuns: deep ? 500 : 100 },
      ),
    timeoutMs,
  );

  it(
    "runs the same way again with the same seed",
    () =>
      fc.assert(
        fc.asyncProperty(pipelinePlan, runPlan, fc.nat(), async (plan, how, seed) => {
          const once = () =>
            simulate({ seed, maxSteps }, async (world) => {
              const pipeline = world.env();
              const { ends } = declare(pipeline, plan, how, world.clock);
              const { job } = await run(pipeline, how, world);
              return {
                steps: world.scheduler.steps,
                time: world.clock.monotonic(),
                results: ends.map(({ handle }) => job.collected(handle)),
              };
            });

          expect(await once()).toEqual(await once());
        }),
        { numRuns: Math.ceil(numRuns / 5) },
      ),
    timeoutMs,
  );

  it(
    "can be stopped at any time: a drain delivers all that was read, a cancel leaves nothing behind",
    () =>
      fc.assert(
        fc.asyncProperty(
          pipelinePlan,
          runPlan,
          fc.record({ drain: fc.boolean(), turns: fc.nat(80), afterMs: fc.nat(40) }),
          fc.nat(),
          async (plan, how, { drain, turns, afterMs }, seed) => {
            const log = new ChannelLog();
            await simulate({ seed, maxSteps, adapters: [loggedQueues(log)] }, async (world) => {
              const pipeline = world.env();
              const { watch } = declare(pipeline, plan, how, world.clock);
              const job = await pipeline.submit({
                maxBatch: how.maxBatch,
                maxBatchMs: how.maxBatchMs,
                restart,
              });
              for (let turn = 0; turn < turns; turn++) await world.scheduler.yield();
              if (how.pauses.length > 0) await job.pause();
              await world.clock.sleep(afterMs);

              const report = await job.stop({ drain });

              expect(report.ledger.problems).toEqual([]);
              expect(watch.violations).toEqual([]);
              if (drain) {
                expect(report.state).toBe("completed");
                expect(report.ledger.undelivered).toBe(0);
                log.assertStopped(job.graph().channels.length);
              }
            });
          },
        ),
        { numRuns: Math.ceil(numRuns / 3) },
      ),
    timeoutMs,
  );
});
