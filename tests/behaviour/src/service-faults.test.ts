import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import type { CallContext } from "@sage-kernel/core";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Queue, QueueDriver, Scheduler } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { rejection, simulate } from "./support/simulate.ts";

/** Local queues of which the replies cannot be read, once, when they are told so; of the kind `deaf`. */
function deafReplies(fault: { next: boolean }): Adapter {
  const changed = (queue: Queue): Queue => {
    if (!queue.descriptor.id.startsWith("replies")) return queue;
    const take: Queue["take"] = (max) => {
      if (!fault.next) return queue.take(max);
      fault.next = false;
      throw new Error("the network is gone");
    };
    const get = (_: Queue, name: string | symbol): unknown => {
      if (name === "inProcess") return false; // every reply goes through it
      const member: unknown = name === "take" ? take : Reflect.get(queue, name, queue);
      return typeof member === "function" ? (member.bind(queue) as unknown) : member;
    };
    return new Proxy<Queue>(queue, { get });
  };
  return {
    name: "deaf",
    register: (container) => {
      container.register<QueueDriver>(tokens.queueDriver, {
        useFactory: (scope): QueueDriver => {
          const inner = new LocalQueueDriver(scope.resolve<Scheduler>(tokens.scheduler));
          return {
            kind: "deaf",
            capabilities: inner.capabilities,
            open: (descriptor) => changed(inner.open(descriptor)),
          };
        },
      });
    },
  };
}

describe("calls of services", () => {
  it("are given up when their replies cannot be read, and those behind them are answered", () => {
    const fault = { next: false };
    return simulate({ adapters: [deafReplies(fault)] }, async ({ runtime }) => {
      const env = runtime.environment("faults");
      const { opened, open } = gate();
      const waits = env.registerService("waits", () => ({
        process: async (n: number) => {
          if (n === 2) await opened;
          return n;
        },
      }));
      const job = await env.submit();
      expect(await runtime.callService(waits, 1)).toBe(1);

      const held = rejection(runtime.callService(waits, 2));
      fault.next = true;
      expect(await runtime.callService(waits, 3)).toBe(3);
      const error = await held;
      open();

      expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: true } });
      expect(error.message).toContain("the network is gone");
      expect(await runtime.callService(waits, 5)).toBe(5);
      await job.stop();
    });
  });

  it("tell nobody where the code of a service is, unless that is wanted", async () => {
    for (const exposeStacks of [false, true]) {
      await simulate({ core: { exposeStacks } }, async (world) => {
        const env = world.env();
        const secretPlace = (): never => {
          throw new Error("no", { cause: new Error("why") });
        };
        const fails = env.registerService("fails", () => ({
          process: (_: number): number => secretPlace(),
        }));
        const job = await env.submit();
        const error = await rejection(world.runtime.callService(fails, 1));
        for (const { stack } of [error, error.cause as Error])
          expect(stack?.includes("secretPlace")).toBe(exposeStacks);
        await job.stop();
      });
    }
  });

  it("take the headers of their callers along, with their own over them", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const last = env.registerService("last", () => ({
        process: (_: number, call: CallContext) => call.headers,
      }));
      const first = env.registerService("first", () => ({
        process: (n: number, call: CallContext) =>
          call.callService({ service: last, method: "process", args: [n], headers: { b: "own" } }),
      }));
      const requests = env.fromRequests<number, Record<string, string> | undefined>("pipeline");
      requests.map((n, ctx) => ctx.callService(first, n)).reply(requests);
      const job = await env.submit();
      const headers = { a: "sent", b: "sent" };

      for (const service of [first, requests.service]) {
        const call = { service: service as typeof first, method: "process", args: [1], headers } as const;
        expect(await world.runtime.callService(call)).toEqual({ a: "sent", b: "own" });
      }
      await job.stop();
    }));

  it("are counted where they repeat others", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const once = env.registerService("once", () => ({ process: (n: number) => n }));
      const job = await env.submit();
      const call = { service: once, method: "process", args: [1], idempotencyKey: "k" } as const;
      for (let i = 0; i < 3; i++) expect(await world.runtime.callService(call)).toBe(1);
      expect(job.report().services).toMatchObject([{ repeated: 2, methods: { process: { calls: 1 } } }]);
      await job.stop();
    }));
});

describe("a stop without a drain", () => {
  it("begins nothing in the room that a call makes which gives up", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const begun: number[] = [];
      const heeds = env.registerService(
        "heeds",
        () => ({
          process: (n: number, call: CallContext) => {
            begun.push(n);
            return call.clock.sleep(60_000, call.signal);
          },
        }),
        { concurrency: 1 },
      );
      const job = await env.submit();
      const ends = [1, 2].map((n) => rejection(world.runtime.callService(heeds, n)));
      await world.clock.sleep(1);

      await job.stop({ drain: false });

      expect(begun).toEqual([1]);
      for (const error of await Promise.all(ends)) expect(error).toMatchObject({ name: "SageError" });
    }));
});

describe("a stop that takes too long", () => {
  it("names the services that still run calls; a job that is cancelled then was cancelled", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const { opened, open } = gate();
      const slow = env.registerService("slow", () => ({ process: (_: number) => opened }));
      const job = await env.submit();
      const call = world.runtime.callService(slow, 1);
      await world.clock.sleep(1);

      const error = await rejection(job.stop({ timeoutMs: 100 }));

      expect(error).toMatchObject({ code: "STOP_TIMEOUT" });
      expect(error.message).toContain("slow#0 still runs 1 calls");
      open();
      await call;
      expect((await job.done).state).toBe("completed");
    }));
});
