import { type CallContext, injectFaults, type ServiceOptions } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate, type World } from "./support/simulate.ts";

/** A service that fails while it is told to, and counts its calls. */
async function serve(world: World, options: ServiceOptions, fails: (call: number) => boolean) {
  const env = world.env();
  let calls = 0;
  const ref = env.registerService(
    "v",
    () => ({
      process(n: number): number {
        if (fails(++calls)) throw new Error("down");
        return n;
      },
    }),
    options,
  );
  const job = await env.submit();
  const call = (n: number, more: object = {}): Promise<number> =>
    world.runtime.callService({ service: ref, method: "process", args: [n], ...more });
  return { job, call, calls: () => calls, now: () => world.clock.monotonic() };
}

const retry = { attempts: 3, backoff: { initialMs: 100, factor: 2, jitter: 0 } };

describe("retry", () => {
  it("calls an idempotent method again, and waits longer each time", () =>
    simulate({}, async (world) => {
      const { job, call, calls, now } = await serve(world, { retry, idempotent: ["process"] }, (n) => n < 3);

      const answer = await call(7);
      const at = now();
      await job.stop();

      expect([answer, calls(), at]).toEqual([7, 3, 300]);
    }));

  it("leaves a method alone that is not declared idempotent", () =>
    simulate({}, async (world) => {
      const { job, call, calls } = await serve(world, { retry }, (n) => n < 3);

      const error = await rejection(call(7));
      await job.stop();

      expect([error.message, calls()]).toEqual(["down", 1]);
    }));

  it("ends before the deadline with the last error", () =>
    simulate({}, async (world) => {
      const options = { retry: { ...retry, attempts: 100 }, idempotent: ["process"], timeoutMs: 500 };
      const { job, call, calls, now } = await serve(world, options, () => true);

      const error = await rejection(call(7));
      const at = now();
      await job.stop();

      expect([error.message, calls(), at]).toEqual(["down", 3, 300]);
    }));
});

describe("a circuit breaker", () => {
  const circuitBreaker = { failures: 3, pauseMs: 1000 };

  it("opens after so many failures, lets one call try after its pause, and closes when that succeeds", () =>
    simulate({}, async (world) => {
      const { job, call, calls, now } = await serve(world, { circuitBreaker }, (n) => n <= 4);
      const states = (): string[] => world.runtime.health().services.map(({ state }) => state);

      for (const n of range(3)) await rejection(call(n));
      const open = [calls(), now(), ...states()];
      const probe = await rejection(call(3));
      const again = [probe.message, calls(), now(), ...states()];
      const answers = await Promise.all([call(4), call(5)]);
      const closed = [...answers, calls(), now(), ...states()];
      await job.stop();

      expect(open).toEqual([3, 0, "down"]);
      expect(again).toEqual(["down", 4, 1000, "down"]);
      expect(closed).toEqual([4, 5, 6, 2000, "ready"]);
    }));

  it("pauses the step that calls while it is open, and with it the source", () =>
    simulate({ capacity: 4 }, async (world) => {
      const env = world.runtime.environment("pipeline");
      let failing = true;
      const ref = env.registerService(
        "v",
        () => ({
          process(n: number) {
            if (failing) throw new Error("down");
            return n;
          },
        }),
        { circuitBreaker, timeoutMs: 100_000 },
      );
      let read = 0;
      const collected = env
        .fromBatch(function* () {
          for (; read < 1000; read++) yield read;
        })
        .map((n, ctx) => ctx.callService(ref, n), { onError: "skip", name: "ask" })
        .collect();
      const job = await env.submit({ maxBatch: 4 });

      await world.clock.sleep(500);
      const open = [read, job.report().tasks.find(({ id }) => id === "ask#0")?.ledger.skipped];
      failing = false;
      const report = await job.done;

      expect(open[0]).toBeLessThan(20);
      expect([open[1], report.ledger.skipped]).toEqual([expect.any(Number), 3]);
      expect(job.collected(collected)).toEqual(range(1000).slice(3));
    }));

  it("lets those who wait for it go when its job ends", () =>
    simulate({}, async (world) => {
      const { job, call, now } = await serve(world, { circuitBreaker }, () => true);
      for (const n of range(3)) await rejection(call(n));
      const waiting = rejection(call(3));

      await job.stop();

      expect(await waiting).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: false } });
      expect(now()).toBe(0);
    }));

  it("rejects a call that waits for it at the call's deadline, and at once where calls do not wait", () =>
    simulate({}, async (world) => {
      const waiting = await serve(world, { circuitBreaker }, () => true);
      for (const n of range(3)) await rejection(waiting.call(n));
      const late = await rejection(waiting.call(4, { timeoutMs: 400 }));
      const at = waiting.now();
      await waiting.job.stop();
      const overflow = "reject" as const;
      const refusing = await serve(world, { circuitBreaker: { ...circuitBreaker, overflow } }, () => true);
      for (const n of range(3)) await rejection(refusing.call(n));
      const refused = await rejection(refusing.call(4));
      await refusing.job.stop();

      expect([late, at]).toMatchObject([{ code: "SERVICE_TIMEOUT" }, 400]);
      expect(refused).toMatchObject({ code: "CIRCUIT_OPEN", details: { failures: 3, retryInMs: 1000 } });
    }));
});

describe("a bulkhead", () => {
  it("lets so many calls through at a time, and the others wait", () =>
    simulate({}, async (world) => {
      const env = world.env();
      let running = 0;
      let most = 0;
      const ref = env.registerService(
        "v",
        () => ({
          async process(n: number, { clock }: CallContext) {
            most = Math.max(most, ++running);
            await clock.sleep(10);
            running--;
            return n;
          },
        }),
        { bulkhead: { limit: 2 } },
      );
      const job = await env.submit();

      const answers = await Promise.all(range(10).map((n) => world.runtime.callService(ref, n)));
      const at = world.clock.monotonic();
      await job.stop();

      expect([answers, most, at]).toEqual([range(10), 2, 50]);
    }));
});

describe("faults on purpose", () => {
  it("reach callers as if the service had them", () =>
    simulate({}, async (world) => {
      const plan = (_: unknown, n: number) =>
        n === 2 ? { delayMs: 5, error: new Error("injected") } : undefined;
      const { job, call, calls } = await serve(
        world,
        { interceptors: [injectFaults(plan, world)] },
        () => false,
      );

      const ends = await Promise.allSettled([call(1), call(2), call(3)]);
      await job.stop();

      expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(calls()).toBe(2);
    }));
});

describe("the calls of a service", () => {
  it("are counted where they are made, with their failures by code", () =>
    simulate({}, async (world) => {
      const { job, call } = await serve(world, {}, (n) => n === 2);

      await call(1);
      await rejection(call(2));
      const handle = call(3);
      const [during] = world.runtime.serviceCalls();
      await handle;
      const [after] = world.runtime.serviceCalls();
      await job.stop();

      expect(during).toMatchObject({ service: "v", calls: 2, inFlight: 1, failures: { FOREIGN: 1 } });
      expect(after).toMatchObject({ calls: 3, inFlight: 0, ms: { max: 0 } });
      expect(world.runtime.serviceCalls()).toEqual([]);
    }));
});

describe("runtime.health()", () => {
  it("says which instances are not well, and why, until they are", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const ill = new Set<number>();
      const stuck = new Set<number>();
      let made = 0;
      env.registerService(
        "v",
        () => {
          const index = made++;
          return {
            process: () => 1,
            async healthCheck() {
              if (stuck.has(index)) await world.clock.sleep(150);
              return !ill.has(index);
            },
          };
        },
        { instances: 2, healthIntervalMs: 100 },
      );
      env.registerService("plain", () => ({ process: () => 1 }));
      const job = await env.submit();
      const seen: unknown[] = [];
      const look = async (ms: number): Promise<void> => {
        await world.clock.sleep(ms);
        const { state, services } = world.runtime.health();
        seen.push([state, ...services.flatMap(({ reasons }) => reasons)]);
      };

      await look(50);
      ill.add(1);
      await look(100);
      ill.add(0);
      await look(100);
      ill.clear();
      await look(100);
      stuck.add(0);
      await look(200);
      stuck.clear();
      await look(100);
      await job.stop();

      expect(seen).toEqual([
        ["ready"],
        ["degraded", "v#1: healthCheck() answers false."],
        ["down", "v#0: healthCheck() answers false.", "v#1: healthCheck() answers false."],
        ["ready"],
        ["degraded", "v#0: healthCheck() has not answered within 100 ms."],
        ["ready"],
      ]);
      expect(world.runtime.health()).toEqual({ state: "ready", services: [] });
    }));
});
