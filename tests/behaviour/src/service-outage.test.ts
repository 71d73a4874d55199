import { SageError } from "@sage-kernel/core";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Clock, QueueDriver } from "@sage-kernel/core/spi";
import { FakeQueueDriver, faults, ScriptedQueue } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { simulate } from "./support/simulate.ts";

const away = (): SageError =>
  new SageError("STORE_UNAVAILABLE", { store: "fake", problem: "it does not answer", waitedMs: 60_000 });

/** Fake queues; the queue of a service with this role cannot be read the first two times. */
const unreadable = (role: string): Adapter => ({
  name: "fake",
  register: (container) =>
    void container.register<QueueDriver>(tokens.queueDriver, {
      useFactory: (scope) => {
        const clock = scope.resolve<Clock>(tokens.clock);
        const plan = [1, 2].map((n) => faults.fail("take", n, away()));
        return new FakeQueueDriver({
          wrap: (queue) =>
            new ScriptedQueue(queue, queue.descriptor.id.endsWith(`/${role}`) ? plan : [], clock),
        });
      },
    }),
});

describe.each(["requests", "control"])("a service whose %s cannot be read for a while", (role) => {
  it("tries again until they can, and answers then", () =>
    simulate({ adapters: [unreadable(role)] }, async ({ env, runtime, clock }) => {
      const pipeline = env();
      const twice = pipeline.registerService("twice", () => ({ process: (n: number) => 2 * n }));
      const job = await pipeline.submit();

      expect(await runtime.callService(twice, 4)).toBe(8);
      await clock.sleep(3000);
      expect(await runtime.callService(twice, 5)).toBe(10);
      await job.stop();
    }));

  it("can be stopped meanwhile", () =>
    simulate({ adapters: [unreadable(role)] }, async ({ env, clock }) => {
      const pipeline = env();
      pipeline.registerService("twice", () => ({ process: (n: number) => 2 * n }));
      const job = await pipeline.submit();
      const before = clock.monotonic();
      await job.stop();

      expect(clock.monotonic() - before).toBeLessThan(1000);
    }));
});
