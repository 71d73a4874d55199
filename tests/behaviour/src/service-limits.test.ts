import type { CallContext, ServiceOptions } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate, type World } from "./support/simulate.ts";

/** A job of one service, whose method takes so many ms and answers its argument. */
async function serve(world: World, ms: number, options: ServiceOptions = {}) {
  const env = world.env();
  const log = { begun: [] as number[], aborted: [] as number[], running: 0, most: 0 };
  const ref = env.registerService(
    "slow",
    () => ({
      async process(n: number, call: CallContext): Promise<number> {
        log.begun.push(n);
        log.most = Math.max(log.most, ++log.running);
        call.signal.addEventListener("abort", () => log.aborted.push(n));
        try {
          await call.clock.sleep(ms);
        } finally {
          log.running--;
        }
        return n;
      },
    }),
    options,
  );
  const job = await env.submit();
  const call = (n: number, more: object = {}): Promise<number> =>
    world.runtime.callService({ service: ref, method: "process", args: [n], ...more });
  return { job, ref, call, log, now: () => world.clock.monotonic() };
}

describe("a call that takes longer than it may", () => {
  it("is rejected at its limit, naming service, method and limit, and its method is told", () =>
    simulate({}, async (world) => {
      const { job, call, log, now } = await serve(world, 1500, { timeoutMs: 500 });

      const error = await rejection(call(1));
      const at = now();
      const { services } = await job.stop();

      const details = { service: "slow", method: "process", timeoutMs: 500 };
      expect(error).toMatchObject({ code: "SERVICE_TIMEOUT", details });
      expect([at, log.aborted, services[0]?.methods]).toMatchObject([500, [1], { process: { calls: 1 } }]);
    }));

  it("never hands its late reply to the next call", () =>
    simulate({}, async (world) => {
      const { job, call } = await serve(world, 700, { concurrency: 1 });

      const error = await rejection(call(1, { timeoutMs: 500 }));
      const next = await call(2, { timeoutMs: 1000 });
      await job.stop();

      expect(error).toMatchObject({ code: "SERVICE_TIMEOUT" });
      expect(next).toBe(2);
    }));

  it("is not run when its turn comes", () =>
    simulate({}, async (world) => {
      const { job, call, log } = await serve(world, 700, { concurrency: 1 });

      const [first, second] = await Promise.allSettled([call(1), call(2, { timeoutMs: 500 })]);
      const { services } = await job.stop();

      expect([first.status, second.status, log.begun]).toEqual(["fulfilled", "rejected", [1]]);
      expect((services[0]?.cancelled ?? 0) + (services[0]?.expired ?? 0)).toBe(1);
    }));
});

describe("concurrency", () => {
  it.each([
    [1, 1000],
    [5, 200],
  ])("of %i runs five calls of 200 ms in %i ms", (concurrency, ms) =>
    simulate({}, async (world) => {
      const { job, call, log, now } = await serve(world, 200, { concurrency });

      const answers = await Promise.all(range(5).map((n) => call(n)));
      const at = now();
      await job.stop();

      expect([answers, at, log.most, log.begun]).toEqual([range(5), ms, concurrency, range(5)]);
    }),
  );

  it("counts a call that was given up until its method has ended", () =>
    simulate({}, async (world) => {
      const { job, call, log } = await serve(world, 300, { concurrency: 1 });

      const [, second] = await Promise.allSettled([call(1, { timeoutMs: 10 }), call(2)]);
      await job.stop();

      expect([second, log.most]).toMatchObject([{ value: 2 }, 1]);
    }));

  it("spreads calls over instances", () =>
    simulate({}, async (world) => {
      const { job, call, now } = await serve(world, 100, { concurrency: 1, instances: 4 });

      await Promise.all(range(20).map((n) => call(n)));
      const at = now();
      const { services } = await job.stop();

      expect(at).toBe(500);
      expect(services.map(({ methods }) => methods.process?.calls)).toEqual([5, 5, 5, 5]);
    }));
});

describe("a full service", () => {
  const full = { concurrency: 1, queueCapacity: 2 };

  it("lets its callers wait, and serves all of them", () =>
    simulate({}, async (world) => {
      const { job, call, log } = await serve(world, 10, full);

      const answers = await Promise.all(range(50).map((n) => call(n)));
      await job.stop();

      expect([answers, log.begun]).toEqual([range(50), range(50)]);
    }));

  it("rejects whom it lets wait at their deadlines, and no others", () =>
    simulate({}, async (world) => {
      const { job, call, log, now } = await serve(world, 100, full);

      const ends = await Promise.allSettled(range(10).map((n) => call(n, { timeoutMs: 450 })));
      const at = now();
      await job.stop();

      expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
      expect([at, log.begun.length]).toEqual([450, 5]);
    }));

  it("rejects at once whom it need not let wait, and serves those that it has accepted", () =>
    simulate({}, async (world) => {
      const { job, call, log, now } = await serve(world, 100, { ...full, overflow: "reject" });

      const ends = await Promise.allSettled(
        range(10).map((n) => call(n).catch((error: unknown) => Promise.reject({ error, at: now() }))),
      );
      await job.stop();

      const rejected = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
      const served = ends.filter(({ status }) => status === "fulfilled").length;
      expect(served).toBe(log.begun.length);
      expect(served).toBeGreaterThanOrEqual(2);
      expect(rejected).toHaveLength(10 - served);
      for (const reason of rejected) {
        expect(reason).toMatchObject({ error: { code: "SERVICE_FULL", details: { capacity: 2 } }, at: 0 });
      }
    }));
});

describe("a call that is given up", () => {
  it.each([
    ["before it is sent", 0, 0],
    ["while it waits for its turn", 50, 0],
    ["while it runs", 150, 1],
  ])("%s ends once, and its method runs only if it had begun", (_, at, begun) =>
    simulate({}, async (world) => {
      const { job, call, ref, log } = await serve(world, 100, { concurrency: 1 });
      const first = call(1);
      const handle = world.runtime.callServiceAsync(ref, 2);

      await world.clock.sleep(at);
      handle.cancel();
      const error = await rejection(handle.result);
      await Promise.all([first, call(3)]);
      await job.stop();

      expect(error).toMatchObject({ code: "SERVICE_CANCELLED", details: { service: "slow" } });
      expect([log.begun.includes(2), log.aborted.includes(2)]).toEqual([begun === 1, begun === 1]);
    }),
  );

  it("after its answer has it all the same", () =>
    simulate({}, async (world) => {
      const { job, ref } = await serve(world, 1);
      const handle = world.runtime.callServiceAsync(ref, 2);

      const answer = await handle.result;
      handle.cancel();
      await job.stop();

      expect([answer, await handle.result]).toEqual([2, 2]);
    }));

  it("by its signal rejects with the signal's reason", () =>
    simulate({}, async (world) => {
      const { job, call, log } = await serve(world, 100);
      const reason = new Error("enough");
      const abort = new AbortController();
      const given = rejection(call(1, { signal: abort.signal }));

      await world.clock.sleep(50);
      abort.abort(reason);
      const late = rejection(call(2, { signal: abort.signal }));
      await job.stop();

      expect([await given, await late]).toEqual([reason, reason]);
      expect([log.begun, log.aborted]).toEqual([[1], [1]]);
    }));

  it("by the record that made it, when the record's time is over", () =>
    simulate({}, async (world) => {
      const env = world.runtime.environment("pipeline");
      let aborted = 0;
      const slow = env.registerService("slow", () => ({
        async process(_: number, { signal, clock }: CallContext) {
          signal.addEventListener("abort", () => aborted++);
          await clock.sleep(1000);
        },
      }));
      env
        .fromBatch(range(3))
        .map((n, ctx) => ctx.callService(slow, n), { timeoutMs: 50, onError: "skip", concurrency: 2 })
        .run();

      const { report } = await world.finish(env);

      expect([report.ledger.skipped, aborted]).toEqual([3, 3]);
    }));
});

describe("the time that a caller has", () => {
  it("is what is left for the calls of its service, and for theirs", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const left: number[] = [];
      const pass = (next: string, ms: number) => () => ({
        async process(_: number, call: CallContext) {
          left.push(call.remainingMs);
          await call.clock.sleep(ms);
          return call.callService(next, 1);
        },
      });
      env.registerService("a", pass("b", 100));
      env.registerService("b", pass("c", 200));
      env.registerService("c", pass("none", 500));
      const job = await env.submit();

      const error = await rejection(world.runtime.callService({ service: "a", args: [1], timeoutMs: 600 }));
      const at = world.clock.monotonic();
      await job.stop();

      expect(error).toMatchObject({ code: "SERVICE_TIMEOUT", details: { service: "a", timeoutMs: 600 } });
      expect([left, at]).toEqual([[600, 500, 300], 600]);
    }));
});

describe("a job that ends", () => {
  it("serves what was accepted before its services stop", () =>
    simulate({}, async (world) => {
      const { job, call, log } = await serve(world, 100, { concurrency: 1 });
      const calls = range(3).map((n) => call(n));
      await world.clock.sleep(10);

      const [answers] = await Promise.all([Promise.all(calls), job.stop()]);
      const late = await rejection(call(9));

      expect([answers, log.begun]).toEqual([range(3), range(3)]);
      expect(late).toMatchObject({ code: "SERVICE_NOT_FOUND" });
    }));

  it("by cancel lets the methods give up, and those who wait know that they may have run", () =>
    simulate({}, async (world) => {
      const env = world.env();
      let signal: AbortSignal | undefined;
      const stuck = env.registerService("stuck", () => ({
        process(_: number, call: CallContext): Promise<void> {
          signal = call.signal;
          return new Promise(() => undefined);
        },
      }));
      const job = await env.submit();
      const waiting = rejection(world.runtime.callService(stuck, 1));
      await world.clock.sleep(10);

      await job.stop({ drain: false });

      expect(await waiting).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: true } });
      expect([signal?.aborted, world.clock.monotonic()]).toEqual([true, 1010]);
    }));
});
