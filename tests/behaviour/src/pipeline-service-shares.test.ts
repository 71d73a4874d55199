import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Emit, hasCode, ProcessFunction, type SageError, type TaskContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { range, rejection, simulate, timed } from "./support/simulate.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

type Sent = Readonly<Record<string, string>>;

/** Keeps each record's headers, and emits them with the timer that it sets. */
class Later extends ProcessFunction<number, number> {
  execute(
    { payload, headers }: { payload: number; headers: Sent | undefined },
    _: Emit<number>,
    ctx: TaskContext,
  ) {
    ctx.state.value<{ payload: number; headers: Sent }>("kept").set({ payload, headers: { ...headers } });
    ctx.timer(ctx.clock.now() + 20);
  }
  override onTimer(_: number, emit: Emit<number>, ctx: TaskContext) {
    const kept = ctx.state.value<{ payload: number; headers: Sent }>("kept").get();
    if (kept !== undefined) emit(kept.payload, { headers: kept.headers });
  }
}

describe("a request of which a part is still on its way", () => {
  it("is not rejected when a step keeps it and emits what it has kept before", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, string>("one-behind", { timeoutMs: 500 });
      requests
        .keyBy(() => "all")
        .process<string>(({ payload, headers }, emit, ctx) => {
          const kept = ctx.state.value<{ payload: number; headers: Sent }>("kept");
          const before = kept.get();
          kept.set({ payload, headers: { ...headers } });
          if (before !== undefined) emit(`${before.payload} before ${payload}`, { headers: before.headers });
        })
        .reply(requests);
      const job = await env.submit();
      const calls = range(3).map((n) => world.runtime.callService(requests.service, n));

      const ends = await Promise.allSettled(calls);

      expect(ends).toMatchObject([
        { value: "0 before 1" },
        { value: "1 before 2" },
        { reason: { code: "SERVICE_TIMEOUT" } },
      ]);
      await job.stop();
    }));

  it("is not rejected by one branch of what is emitted later", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("later");
      const late = requests.keyBy((n) => n).process<number>(Later);
      late.filter(() => false).reply(requests);
      late
        .map(async (n, ctx) => {
          await ctx.clock.sleep(20);
          return n;
        })
        .reply(requests);
      const job = await env.submit();

      expect(await world.runtime.callService(requests.service, 7)).toBe(7);
      await job.stop();
    }));
});

describe("a request of which nothing is left", () => {
  it("is rejected when the side ends on which its join has waited", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const prices = env.fromBatch(() => timed(world, [[100, 1]])).keyBy((n: number) => n);
      const requests = env.fromRequests<number, number>("quote");
      requests
        .keyBy((n) => n)
        .join(prices, (n) => n)
        .reply(requests);
      const job = await env.submit();
      const [met, alone] = await Promise.allSettled(
        [1, 2].map((n) => world.runtime.callService(requests.service, n)),
      );

      expect(met).toMatchObject({ value: 1 });
      expect(alone).toMatchObject({
        reason: { code: "SERVICE_NO_REPLY", details: { why: "left without a partner" } },
      });
      expect(world.clock.monotonic()).toBe(100);
      await job.stop();
    }));

  it("is rejected by a reply that answers only others", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const a = env.fromRequests<number, number>("a");
      const b = env.fromRequests<number, number>("b");
      a.union(b).reply(a);
      b.filter((n) => n > 5).reply(b);
      const job = await env.submit();

      expect(await world.runtime.callService(a.service, 1)).toBe(1);
      expect(await world.runtime.callService(b.service, 6)).toBe(6);
      const error = await rejection(world.runtime.callService(b.service, 1));
      expect(hasCode(error, "SERVICE_NO_REPLY")).toBe(true);
      await job.stop();
    }));

  it("is rejected when a restart gives it up", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("once");
      let crashes = 0;
      requests
        .map(
          (n) => {
            if (n === 1 && crashes++ === 0) throw new Error("crash");
            return n;
          },
          { onError: "restart" },
        )
        .reply(requests);
      const job = await env.submit({ delivery: "at-most-once" });

      const ends = await Promise.allSettled(
        range(4).map((n) => world.runtime.callService(requests.service, n)),
      );

      const codes = ends.map((end) =>
        end.status === "fulfilled" ? end.value : (end.reason as SageError).code,
      );
      for (const [n, code] of codes.entries()) expect([n, "SERVICE_NO_REPLY"]).toContain(code);
      expect(codes[1]).toBe("SERVICE_NO_REPLY");
      await job.stop();
    }));
});

describe("the front of a pipeline", () => {
  it("refuses a reply that would leave some requests without an answer", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const a = env.fromRequests<number, number>("a");
      const b = env.fromRequests<number, number>("b");
      a.reply(b, { name: "wrong" });
      b.reply(b);
      const { details } = (await rejection(env.submit())) as SageError;
      const { problems } = details as { problems: readonly { node: string; reason: string }[] };
      expect(problems.map(({ node, reason }) => `${node} ${reason}`)).toEqual([
        "wrong NO_REQUESTS",
        "a NO_REPLY",
      ]);
    }));

  it("refuses a request that is no data for its caller alone", () =>
    simulate({ core: { strictPayloads: true } }, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<unknown, unknown>("strict");
      requests.map((n) => n).reply(requests);
      const job = await env.submit();
      const error = await rejection(world.runtime.callService(requests.service, { f: () => 1 }));
      expect(hasCode(error, "NOT_SERIALIZABLE")).toBe(true);
      expect(await world.runtime.callService(requests.service, 1)).toBe(1);
      await job.stop();
    }));

  it("answers the repetition of a request whose first caller has given up", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("again");
      let runs = 0;
      requests
        .map(async (n, ctx) => {
          runs++;
          await ctx.clock.sleep(100);
          return n;
        })
        .reply(requests);
      const job = await env.submit();
      const call = { service: requests.service, method: "process", args: [1], idempotencyKey: "k" } as const;
      const { runtime, clock } = world;
      const first = rejection(runtime.callService({ ...call, timeoutMs: 30 }));
      await clock.sleep(10);
      const second = runtime.callService({ ...call, timeoutMs: 500 });
      const third = rejection(runtime.callService({ ...call, timeoutMs: 20 }));

      expect(hasCode(await first, "SERVICE_TIMEOUT")).toBe(true);
      expect(hasCode(await third, "SERVICE_TIMEOUT")).toBe(true);
      expect(await second).toBe(1);
      expect(runs).toBe(1);
      await job.stop();
    }));

  it("lets accepted requests call other pipelines of their job while it stops", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const inner = env.fromRequests<number, number>("inner");
      inner.map((n) => n + 1).reply(inner);
      const outer = env.fromRequests<number, number>("outer");
      outer
        .map(async (n, ctx) => {
          await ctx.clock.sleep(60);
          return ctx.callService(inner.service, n);
        })
        .reply(outer);
      const job = await env.submit();
      const call = world.runtime.callService(outer.service, 1);
      await world.clock.sleep(20);

      const stopped = job.stop();
      const late = await rejection(world.runtime.callService(inner.service, 1));

      expect(await call).toBe(2);
      expect(hasCode(late, "SERVICE_UNAVAILABLE")).toBe(true);
      await stopped;
    }));

  it("keeps nothing of requests that nobody waits for", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number[], number>("stuck", { timeoutMs: 5 });
      const { opened, open } = gate();
      requests.map(() => opened.then(() => 1)).reply(requests);
      const job = await env.submit();
      const gone: WeakRef<number[]>[] = [];
      for (const _ of range(60)) {
        const calls = range(50).map((n) => {
          const payload = [n];
          gone.push(new WeakRef(payload));
          return rejection(world.runtime.callService(requests.service, payload));
        });
        await Promise.all(calls);
      }
      await new Promise(setImmediate);
      collectGarbage();

      expect(gone.filter((payload) => payload.deref() !== undefined).length).toBeLessThan(1500);
      open();
      await job.stop();
    }));
});
