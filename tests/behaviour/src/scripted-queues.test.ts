import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Clock, QueueDriver } from "@sage-kernel/core/spi";
import { FakeQueueDriver, faults, type QueueFault, ScriptedQueue } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate, type World } from "./support/simulate.ts";

/** Fake queues; those whose id contains `step` do what the plan says. */
function scripted(step: string, plan: readonly QueueFault[]): Adapter {
  return {
    name: "fake",
    register: (container) => {
      container.register<QueueDriver>(tokens.queueDriver, {
        useFactory: (scope) => {
          const clock = scope.resolve<Clock>(tokens.clock);
          return new FakeQueueDriver({
            wrap: (queue) => new ScriptedQueue(queue, queue.descriptor.id.includes(step) ? plan : [], clock),
          });
        },
      });
    },
  };
}

function tenNumbers({ env }: World) {
  const pipeline = env();
  const doubled = pipeline
    .fromBatch(range(10))
    .map((n) => 2 * n, { name: "double" })
    .collect();
  return { pipeline, doubled };
}

describe.each(capacities)("on fake queues of capacity %i", (capacity) => {
  it("a pipeline gives what it gives on any others", async () => {
    await simulate({ capacity, adapters: [scripted("double", [])] }, async (world) => {
      const { pipeline, doubled } = tenNumbers(world);

      const { job } = await world.finish(pipeline);

      expect(job.collected(doubled)).toEqual(range(10).map((n) => 2 * n));
    });
  });

  it("a slow queue changes nothing but the time it takes", async () => {
    const plan = [faults.delay("put", 1, 500), faults.delay("take", 1, 700)];
    await simulate({ capacity, adapters: [scripted("double", plan)] }, async (world) => {
      const { pipeline, doubled } = tenNumbers(world);

      const { job } = await world.finish(pipeline);

      expect(job.collected(doubled)).toEqual(range(10).map((n) => 2 * n));
      expect(world.clock.monotonic()).toBeGreaterThanOrEqual(700);
    });
  });

  it.each([
    ["loses", faults.drop(1)],
    ["doubles", faults.duplicate(1)],
  ])(
    "a queue that %s what was put into it fails the job, and the task that saw it is named",
    async (_, fault) => {
      await simulate({ capacity, adapters: [scripted("double", [fault])] }, async (world) => {
        const { pipeline } = tenNumbers(world);
        const job = await pipeline.submit();

        const failure = await rejection(job.done);

        expect(failure).toMatchObject({ code: "PROTOCOL_VIOLATION", details: { node: "double#0" } });
      });
    },
  );
});
