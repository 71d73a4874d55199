import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import { hasCode } from "@sage-kernel/core";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Clock, QueueDriver, Scheduler } from "@sage-kernel/core/spi";
import { encodedQueueDriver } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { capacities, range, rejection, simulate, type World } from "./support/simulate.ts";

interface Answer {
  readonly x: number;
  readonly y: number;
}

/** Declares a pipeline that doubles. */
function doubling(world: World, options = {}) {
  const env = world.env();
  const requests = env.fromRequests<number, Answer>("double", options);
  return { env, requests };
}

const double = (x: number): Answer => ({ x, y: 2 * x });

describe.each(capacities)("a pipeline as a service, at capacity %i", (capacity) => {
  it("answers each request with what its record has come to", () =>
    simulate({ capacity }, async (world) => {
      const { env, requests } = doubling(world);
      requests.map(double).reply(requests);
      const job = await env.submit();

      const answers = await Promise.all([1, 2, 3].map((x) => world.runtime.callService(requests.service, x)));

      expect(answers).toEqual([1, 2, 3].map(double));
      await job.stop();
      const report = await job.done;
      expect(report.state).toBe("completed");
      expect(report.ledger.balanced).toBe(true);
    }));

  it("gives each of 1,000 concurrent callers its own answer, through keys and other instances", () =>
    simulate({ capacity }, async (world) => {
      const { env, requests } = doubling(world, { instances: 2, concurrency: 300 });
      requests
        .keyBy((x) => x % 7)
        .map((x) => x, { parallelism: 3 })
        .map(async (x) => double(x), { concurrency: 8, ordered: false })
        .reply(requests);
      const job = await env.submit();

      const answers = await Promise.all(
        range(1000).map((x) => world.runtime.callService(requests.service, x)),
      );

      expect(answers).toEqual(range(1000).map(double));
      await job.stop();
      expect((await job.done).ledger.balanced).toBe(true);
    }));
});

/** Local queues that carry the messages of services as JSON text; of the kind `json`. */
const jsonMessages: Adapter = {
  name: "json",
  register: (container) => {
    container.register<QueueDriver>(tokens.queueDriver, {
      useFactory: (scope) => {
        const inner = new LocalQueueDriver(scope.resolve<Scheduler>(tokens.scheduler));
        const encoded = encodedQueueDriver(inner, scope.resolve<Clock>(tokens.clock));
        return { ...encoded, kind: "json" };
      },
    });
  },
};

it("answers, failures and drops can all cross a process", () =>
  simulate({ adapters: [jsonMessages] }, async (world) => {
    const { env, requests } = doubling(world);
    requests
      .map(
        (x) => {
          if (x === 1) throw new RangeError("one is too few");
          return double(x);
        },
        { onError: "deadLetter" },
      )
      .filter(({ x }) => x !== 2)
      .reply(requests);
    const job = await env.submit();

    const ends = await Promise.allSettled(
      [0, 1, 2].map((x) => world.runtime.callService(requests.service, x)),
    );

    expect(ends).toMatchObject([
      { value: double(0) },
      { reason: { code: "SERVICE_RECORD_FAILED", cause: { name: "RangeError", message: "one is too few" } } },
      { reason: { code: "SERVICE_NO_REPLY", details: { why: "filtered" } } },
    ]);
    await job.stop();
    expect((await job.done).services).toMatchObject([{ strayOutcomes: { late: 0, invalid: 0 } }]);
  }));

describe("a request to a pipeline", () => {
  it("is rejected when its record fails for good, and the others go on", () =>
    simulate({}, async (world) => {
      const { env, requests } = doubling(world);
      requests
        .map(
          (x) => {
            if (x === 2) throw new RangeError("two is too many");
            return double(x);
          },
          { name: "check", onError: "deadLetter" },
        )
        .reply(requests);
      const job = await env.submit();

      const [one, two, three] = await Promise.allSettled(
        [1, 2, 3].map((x) => world.runtime.callService(requests.service, x)),
      );

      expect(one).toMatchObject({ value: double(1) });
      expect(three).toMatchObject({ value: double(3) });
      const { reason } = two as PromiseRejectedResult;
      expect(hasCode(reason, "SERVICE_RECORD_FAILED")).toBe(true);
      expect((reason as Error).message).toContain('in "check#0": RangeError: two is too many');
      expect((reason as Error).cause).toMatchObject({ name: "RangeError" });
      await job.stop();
      expect((await job.done).ledger.balanced).toBe(true);
    }));

  it.each([
    ["filtered", { onError: "fail" }, (n: number) => n > 5],
    [
      "skipped",
      { onError: "skip" },
      () => {
        throw new Error("no");
      },
    ],
  ] as const)("is rejected when nothing of it is left: %s", (why, options, keep) =>
    simulate({}, async (world) => {
      const { env, requests } = doubling(world);
      requests
        .flatMap((x) => range(x))
        .filter(keep as (n: number) => boolean, { ...options, name: "keep", parallelism: 2 })
        .map(double)
        .reply(requests);
      const job = await env.submit();

      const error = await rejection(world.runtime.callService(requests.service, 5));

      expect(error).toMatchObject({
        code: "SERVICE_NO_REPLY",
        details: { service: "double", why, node: expect.stringMatching(/^keep#/) },
      });
      await job.stop();
    }),
  );
  it("is answered by the first of its records that comes to the reply", () =>
    simulate({}, async (world) => {
      const { env, requests } = doubling(world);
      requests
        .flatMap((x) => range(x))
        .filter((n) => n === 3 || n === 4)
        .map(double)
        .reply(requests);
      const job = await env.submit();

      expect(await world.runtime.callService(requests.service, 5)).toEqual(double(3));
      expect(
        hasCode(await rejection(world.runtime.callService(requests.service, 0)), "SERVICE_NO_REPLY"),
      ).toBe(true);
      await job.stop();
    }));
});
