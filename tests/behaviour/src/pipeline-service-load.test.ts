import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { local } from "@sage-kernel/adapter-local";
import type { CallContext } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { expect, it } from "vitest";
import { capacities, range, simulate } from "./support/simulate.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const bytesPerMb = 1_000_000;
const calls = 100_000;
const callers = 64;

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / bytesPerMb;
}

it("100,000 calls of 64 callers get each its own answer, and leave nothing behind", async () => {
  const runtime = await createRuntime({ adapters: [local({ log: { level: "silent" } })] });
  const env = runtime.environment("load");
  const requests = env.fromRequests<number, { n: number; square: number }>("square", { timeoutMs: 60_000 });
  requests
    .map((n) => ({ n }))
    .keyBy(({ n }) => n % 100)
    .map(({ n }) => ({ n, square: n * n }), { parallelism: 4 })
    .reply(requests);
  const job = await env.submit();
  const looks: number[] = [];
  let next = 0;
  let wrong = 0;
  const caller = async (): Promise<void> => {
    while (next < calls) {
      const mine = next++;
      const { n, square } = await runtime.callService(requests.service, mine);
      if (n !== mine || square !== mine * mine) wrong++;
      if (mine % 20_000 === 10_000) looks.push(heapMb());
    }
  };

  await Promise.all(range(callers).map(caller));
  await job.stop();
  const report = await job.done;
  await runtime.close();

  expect(wrong).toBe(0);
  expect(report.ledger.balanced).toBe(true);
  const process = { calls, failures: 0 };
  const strayOutcomes = { late: 0, invalid: 0 };
  expect(report.services).toMatchObject([
    { id: "square#0", running: 0, methods: { process }, strayOutcomes },
  ]);
  expect(looks).toHaveLength(5);
  const [first = 0, ...later] = looks;
  for (const look of later) expect(look - first).toBeLessThan(5);
}, 60_000);

it.each(capacities)(
  "10,000 calls of two pipelines that share a service all succeed, at capacity %i",
  (capacity) =>
    simulate({ capacity }, async (world) => {
      const env = world.env();
      const half = env.registerService(
        "half",
        () => ({
          process: async (n: number, call: CallContext) => call.clock.sleep(n % 3).then(() => n / 2),
        }),
        { instances: 2, concurrency: 8, queueCapacity: capacity },
      );
      const pipelines = ["left", "right"].map((name) => {
        const requests = env.fromRequests<number, string>(name, { timeoutMs: 600_000 });
        requests
          .map(async (n, ctx) => `${name} ${await ctx.callService(half, n)}`, { concurrency: 16 })
          .reply(requests);
        return requests.service;
      });
      const job = await env.submit();

      const answers = await Promise.all(
        pipelines.flatMap((service) => range(5000).map((n) => world.runtime.callService(service, n))),
      );

      const due = ["left", "right"].flatMap((name) => range(5000).map((n) => `${name} ${n / 2}`));
      expect(answers).toEqual(due);
      await job.stop();
      expect((await job.done).ledger.balanced).toBe(true);
    }),
);
