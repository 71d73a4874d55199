import { type Batch, Completion, type Scheduler } from "@sage-kernel/core/spi";
import { FakeQueue, FakeQueueDriver, SimulationError, simulate } from "@sage-kernel/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SimulatedPlan, simulatedPipeline, simulatedPlan } from "./support/random-pipeline/simulated.ts";

const seeds = 1000;

/** Writes records behind its answer, and stop signals at once: one may overtake the last batch. */
class OvertakingQueue extends FakeQueue {
  readonly #scheduler: Scheduler;
  #behind: Completion<void> | undefined;

  constructor(descriptor: FakeQueue["descriptor"], scheduler: Scheduler) {
    super(descriptor);
    this.#scheduler = scheduler;
  }

  override offer(batch: Batch): boolean {
    if (batch.payloads.length === 0 || this.#behind !== undefined) return super.offer(batch);
    if (this.size() + batch.payloads.length > this.descriptor.capacity) return false;
    const written = new Completion<void>(this.#scheduler, () => {
      this.#behind = undefined;
      if (!this.closed) void super.put(batch);
    });
    this.#behind = written;
    written.resolve();
    void written.then(() => undefined);
    return true;
  }
}

const overtaking = (scheduler: Scheduler) =>
  new FakeQueueDriver({ create: (descriptor) => new OvertakingQueue(descriptor, scheduler) });

/** What a simulation says of a plan on queues that let stop signals overtake; `undefined` when it sees nothing. */
async function seen(plan: SimulatedPlan, seed: number): Promise<SimulationError | undefined> {
  try {
    await simulate({
      seed,
      faults: {},
      driver: overtaking,
      build: (world) => simulatedPipeline(plan, world),
    });
    return undefined;
  } catch (error) {
    if (error instanceof SimulationError) return error;
    throw error;
  }
}

describe("a stop signal that overtakes one batch", () => {
  it("is found within a thousand seeds, and shrinks to a source, a step or two, and no fault", async () => {
    const details = await fc.check(
      fc.asyncProperty(simulatedPlan, fc.nat(), async (plan, seed) => {
        const error = await seen(plan, seed);
        if (error !== undefined) throw error;
      }),
      { numRuns: seeds, seed: 1 },
    );

    expect(details.failed).toBe(true);
    expect(details.numRuns).toBeLessThanOrEqual(seeds);
    const [{ steps }] = details.counterexample as [SimulatedPlan, number];
    expect(steps.length).toBeLessThanOrEqual(3);
    const error = details.errorInstance as SimulationError;
    expect(error.faults).toEqual([]);
    expect(error.message).toMatch(/after (its|the) stop signal|sequence number|comes out with/);
    expect(error.message).toContain(`SAGE_SIMULATION='{"seed":${error.seed},"faults":[]}'`);
  }, 120_000);
});
