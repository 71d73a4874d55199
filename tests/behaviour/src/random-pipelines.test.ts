import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChannelLog } from "./support/channel-log.ts";
import { declare, pipelinePlan, sorted } from "./support/random-pipeline.ts";
import { simulate } from "./support/simulate.ts";

const numRuns = process.env.SAGE_DEEP === "1" ? 3000 : 250;

describe("any pipeline", () => {
  it(
    "ends, gives what a sequential model gives, keeps every channel in order, and balances its ledger",
    () =>
      fc.assert(
        fc.asyncProperty(pipelinePlan, fc.nat(), async (plan, seed) => {
          const log = new ChannelLog();
          await simulate({ seed, adapters: [log.adapter] }, async ({ env, finish, clock }) => {
            const pipeline = env();
            const { collected, expected, failures } = declare(pipeline, plan, clock);

            const { job, report } = await finish(pipeline);

            expect(collected.map((handle) => sorted(job.collected(handle)))).toEqual(expected);
            expect(report.ledger.skipped).toBe(failures.skipped);
            expect(report.ledger.deadLettered).toBe(failures.deadLettered);
            expect(job.deadLetters.size).toBe(failures.deadLettered);
            log.assertStopped(job.graph().channels.length);
          });
        }),
        { numRuns },
      ),
    numRuns * 200,
  );

  it("runs the same way again with the same seed", () =>
    fc.assert(
      fc.asyncProperty(pipelinePlan, fc.nat(), async (plan, seed) => {
        const run = () =>
          simulate({ seed }, async ({ env, finish, clock, scheduler }) => {
            const pipeline = env();
            const { collected } = declare(pipeline, plan, clock);
            const { job } = await finish(pipeline);
            return {
              steps: scheduler.steps,
              time: clock.monotonic(),
              results: collected.map((c) => job.collected(c)),
            };
          });

        expect(await run()).toEqual(await run());
      }),
      { numRuns: numRuns / 5 },
    ));
});
