import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import type { CallContext, Job } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import {
  type FaultLimits,
  harmlessFaults,
  type SimulatedJob,
  type SimWorld,
  simulate,
  simulationSeeds,
} from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { seedsTimeoutMs } from "./support/seeds.ts";
import { range } from "./support/simulate.ts";

const seeds = process.env.SAGE_DEEP === "1" ? 2000 : 60;
const messageKinds = ["loseMessage", "repeatMessage", "failReply"] as const;
const faults: FaultLimits = { kinds: [...harmlessFaults, ...messageKinds], most: 12, within: 150 };
/** Without faults of messages these pass their queues by where they can. */
const silentFaults: FaultLimits = { kinds: harmlessFaults, most: 12, within: 150 };
const restart = { kind: "fixedDelay", attempts: 1000, delayMs: 1 } as const;
const onError = { retry: { attempts: 40, initialMs: 1, maxMs: 5 }, onExhausted: "fail" } as const;

/** What the services below make of a number. */
const answerOf = (n: number): number => 10 * (n + 1);

/** Declares two services, of which one calls the other. */
function declareServices(world: SimWorld, env: ReturnType<SimWorld["env"]>, random: SeededRandom) {
  const some = (most: number): number => 1 + random.integer(most);
  const options = () => ({
    instances: some(3),
    concurrency: some(3),
    queueCapacity: some(8),
    timeoutMs: 40 + 40 * some(4),
  });
  const delayMs = random.integer(8);
  const inner = env.registerService(
    "inner",
    () => ({
      process: async (n: number, call: CallContext) => {
        if (delayMs > 0) await world.clock.sleep(delayMs, call.signal);
        return n + 1;
      },
    }),
    options(),
  );
  return env.registerService(
    "outer",
    () => ({ process: async (n: number, call: CallContext) => 10 * (await call.callService(inner, n)) }),
    { ...options(), dependsOn: ["inner"] },
  );
}

/** A pipeline whose steps call services; every call that fails is made again. */
function calling(seed: number, world: SimWorld): SimulatedJob {
  const random = new SeededRandom(seed).fork("services");
  const env = world.env();
  const outer = declareServices(world, env, random);
  const numbers = range(4 + random.integer(30));
  const answers = env
    .fromBatch(numbers)
    .map((n, ctx) => ctx.callService(outer, n), {
      parallelism: 1 + random.integer(3),
      concurrency: 1 + random.integer(4),
      onError,
    })
    .collect();
  return {
    env,
    submit: { restart, maxBatch: 1 + random.integer(8) },
    check: ({ job }) =>
      expect([...job.collected(answers)].sort((a, b) => a - b)).toEqual(numbers.map(answerOf)),
  };
}

/** A pipeline that is called; every call that fails is made again. */
function called(seed: number, world: SimWorld): SimulatedJob {
  const random = new SeededRandom(seed).fork("requests");
  const env = world.env();
  const outer = declareServices(world, env, random);
  const requests = env.fromRequests<number, number>("pipeline", { timeoutMs: 300 });
  requests
    .keyBy((n) => n % 3)
    .map((n) => n, { parallelism: 1 + random.integer(2) })
    .map((n, ctx) => ctx.callService(outer, n), { concurrency: 1 + random.integer(3), onError })
    .reply(requests);
  const numbers = range(4 + random.integer(12));
  const callers = 1 + random.integer(4);
  const answers: number[] = [];
  const ask = async (n: number): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        answers[n] = await world.runtime.callService(requests.service, n);
        return;
      } catch (error) {
        if (attempt === 40) throw error;
      }
    }
  };
  return {
    env,
    submit: { restart },
    drive: async (job: Job) => {
      const open = [...numbers];
      const caller = async (): Promise<void> => {
        for (let n = open.shift(); n !== undefined; n = open.shift()) await ask(n);
      };
      await Promise.all(range(callers).map(caller));
      await job.stop();
    },
    check: () => expect(answers).toEqual(numbers.map(answerOf)),
  };
}

describe.each([
  ["a pipeline that calls services", "calls services", calling],
  ["a pipeline that is called", "is called", called],
])("%s, where also their messages are lost, doubled and late", (_, name, build) => {
  it(
    "has an answer to each call in the end, the right one, and leaves nothing behind",
    async () => {
      const command = `npx vitest run --project tests/behaviour simulated-services -t "${name}"`;
      for (const { seed, faults: plan = seed % 4 === 1 ? silentFaults : faults } of simulationSeeds(seeds)) {
        await simulate({
          seed,
          faults: plan,
          command,
          ...(seed % 2 === 0 ? {} : { driver: (scheduler) => new LocalQueueDriver(scheduler) }),
          build: (world) => build(seed, world),
        });
      }
    },
    seedsTimeoutMs,
  );
});
