import { type CallContext, hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { range, rejection, simulate } from "./support/simulate.ts";

describe("the stop of a pipeline that takes requests", () => {
  it("answers what was accepted, and refuses what comes later", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("slow", { concurrency: 4 });
      requests
        .map(
          async (n, ctx) => {
            await ctx.clock.sleep(100);
            return n + 1;
          },
          { concurrency: 2 },
        )
        .reply(requests);
      const job = await env.submit();
      const calls = range(10).map((n) => world.runtime.callService(requests.service, n));
      await world.clock.sleep(50);

      const stopped = job.stop();
      await world.clock.sleep(1);
      const late = await rejection(world.runtime.callService(requests.service, 99));

      expect(await Promise.all(calls)).toEqual(range(10).map((n) => n + 1));
      expect(late).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: false } });
      await stopped;
      const report = await job.done;
      expect(report.state).toBe("completed");
      expect(report.ledger.balanced).toBe(true);
      expect(world.clock.monotonic()).toBe(500);
    }));

  it("lets other sources end at once, and waits for requests not longer than for other calls", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("kept", { timeoutMs: 60_000 });
      const others = env.fromSource(() => undefined as number | undefined);
      requests
        .union(others)
        .process<number>(({ payload }, _, ctx) => ctx.state.value<number>("kept").set(payload))
        .reply(requests);
      const job = await env.submit();
      const call = rejection(world.runtime.callService(requests.service, 1));
      await world.clock.sleep(10);

      await job.stop();

      expect(await call).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: true } });
      expect(world.clock.monotonic()).toBe(10_010);
      expect((await job.done).state).toBe("completed");
    }));

  it.each(["cancel", "failure"])("rejects what has no answer: %s", (how) =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("broken");
      const { opened, open } = gate();
      requests
        .map(async (n) => {
          await opened;
          if (how === "failure") throw new Error("no");
          return n;
        })
        .reply(requests);
      const job = await env.submit();
      const calls = range(3).map((n) => rejection(world.runtime.callService(requests.service, n)));
      await world.clock.sleep(10);

      if (how === "cancel") await job.stop({ drain: false });
      open();

      for (const error of await Promise.all(calls)) {
        expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: true } });
      }
      if (how === "cancel") expect((await job.done).state).toBe("cancelled");
      else expect(hasCode(await rejection(job.done), "OPERATOR_FAILED")).toBe(true);
    }),
  );
});

describe("the caller of a pipeline", () => {
  it("gives up by its deadline or its handle, and its record is dropped when it has not begun", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("slow");
      const seen: number[] = [];
      const toSlow = { service: requests.service, method: "process" } as const;
      const { opened, open } = gate();
      requests
        .map(async (n) => {
          seen.push(n);
          await opened;
          return n;
        })
        .reply(requests);
      const job = await env.submit({ maxBatch: 1 });
      const { runtime, clock } = world;
      const first = runtime.callService(requests.service, 1);
      await clock.sleep(1);
      const paused = job.pause();
      const second = rejection(runtime.callService({ ...toSlow, args: [2], timeoutMs: 50 }));
      const third = runtime.callServiceAsync(requests.service, 3);
      const ended = rejection(third.result);
      await clock.sleep(60);
      third.cancel();

      expect(hasCode(await second, "SERVICE_TIMEOUT")).toBe(true);
      expect(hasCode(await ended, "SERVICE_CANCELLED")).toBe(true);
      open();
      await paused;
      job.resume();
      expect(await first).toBe(1);
      await job.stop();
      const report = await job.done;
      expect(seen).toEqual([1]);
      expect(report.ledger.balanced).toBe(true);
      expect(report.services).toMatchObject([{ id: "slow#0", running: 0 }]);
    }));

  it("may not be a step of the same pipeline, whether at once or through another service", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("self");
      const between = env.registerService("between", () => ({
        ask: (n: number, ctx: CallContext) => ctx.callService(requests.service, n),
      }));
      requests
        .map(
          async (n, ctx): Promise<number> =>
            n === 0
              ? ctx.callService(requests.service, n)
              : ctx.callService({ service: between, method: "ask", args: [n] }),
          { onError: "deadLetter" },
        )
        .reply(requests);
      const job = await env.submit();

      for (const n of [0, 1]) {
        const error = await rejection(world.runtime.callService(requests.service, n));
        expect(hasCode(error, "SERVICE_RECORD_FAILED")).toBe(true);
        expect(hasCode(error.cause, "SERVICE_CALL_CYCLE")).toBe(true);
      }
      await job.stop();
    }));

  it("passes on what is left of its time to what the pipeline calls", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const left: number[] = [];
      const watch = env.registerService("watch", () => ({
        process: (_: number, ctx: CallContext) => left.push(ctx.remainingMs),
      }));
      const requests = env.fromRequests<number, number>("asks");
      requests
        .map(async (n, ctx) => {
          await ctx.clock.sleep(30);
          return ctx.callService(watch, n);
        })
        .reply(requests);
      const job = await env.submit();

      await world.runtime.callService({
        service: requests.service,
        method: "process",
        args: [1],
        timeoutMs: 200,
      });

      expect(left).toEqual([170]);
      await job.stop();
    }));

  it.each([[], [1, 2], [1, { signal: "x" }]])("sends exactly one request: %j", (...args) =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("one");
      requests.reply(requests);
      const job = await env.submit();
      const call = { service: "one", method: "process", args };
      expect(hasCode(await rejection(world.runtime.callService(call)), "INVALID_OPTION")).toBe(true);
      await job.stop();
    }),
  );
});

describe("a pipeline that restarts", () => {
  it("answers every request, also those that it was busy with", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("shaky", { timeoutMs: 600_000 });
      const crashed = new Set<number>();
      requests
        .flatMap((n) => [n, n + 1])
        .filter(
          (n) => {
            if (n % 5 === 3 && !crashed.has(n)) {
              crashed.add(n);
              throw new Error(`crash at ${n}`);
            }
            return n % 3 === 0;
          },
          { onError: "restart" },
        )
        .reply(requests);
      const job = await env.submit();
      const ends = await Promise.allSettled(
        range(30).map((n) => world.runtime.callService(requests.service, n)),
      );

      for (const [n, end] of ends.entries()) {
        const answer = [n, n + 1].find((part) => part % 3 === 0);
        if (answer === undefined) expect(end).toMatchObject({ reason: { code: "SERVICE_NO_REPLY" } });
        else expect(end).toMatchObject({ value: answer });
      }
      expect(crashed.size).toBeGreaterThan(3);
      await job.stop();
      expect((await job.done).ledger.balanced).toBe(true);
    }));
});
