import type { CallContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate } from "./support/simulate.ts";

describe("a service whose runtime is closed while it starts", () => {
  it.each(["setup", "start"])("is cleaned up behind its %s(), and nothing starts after it", (hook) =>
    simulate({}, async (world) => {
      const log: string[] = [];
      const slowly = async (name: string): Promise<void> => {
        if (name === hook) await world.clock.sleep(500);
        log.push(name);
      };
      class Slow {
        setup() {
          return slowly("setup");
        }
        start() {
          return slowly("start");
        }
        cleanup() {
          log.push("cleanup");
        }
      }
      const env = world.env();
      env.registerService("first", Slow);
      env.registerService("second", Slow);
      const submitted = rejection(env.submit());

      await world.clock.sleep(100);
      await world.runtime.close();
      const error = await submitted;
      await world.clock.sleep(2000);

      expect(error).toMatchObject({ code: "RUNTIME_CLOSED" });
      expect(log).toEqual(hook === "setup" ? ["setup", "cleanup"] : ["setup", "start", "cleanup"]);
      expect(world.runtime.health().services).toEqual([]);
    }),
  );
});

describe("a service that is stopped", () => {
  it("tells those who wait for room that it is not there any more", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const begun: number[] = [];
      const process = async (n: number, { clock }: CallContext) => {
        begun.push(n);
        await clock.sleep(100);
      };
      env.registerService("v", () => ({ process }), { concurrency: 1, queueCapacity: 1 });
      const job = await env.submit();
      const ends = range(6).map((n) =>
        world.runtime.callService("v", n).then(
          () => "answered",
          (error: { code: string }) => error.code,
        ),
      );
      await world.clock.sleep(10);

      await job.stop();
      const codes = await Promise.all(ends);

      expect(codes.filter((_, n) => begun.includes(n))).toEqual(begun.map(() => "answered"));
      expect(new Set(codes.filter((_, n) => !begun.includes(n)))).toEqual(new Set(["SERVICE_UNAVAILABLE"]));
    }));

  it("begins no method behind its cleanup, whatever still waits for its turn", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const log: string[] = [];
      env.registerService(
        "v",
        class {
          async process(n: number, { clock }: CallContext) {
            log.push(`process ${n}`);
            await clock.sleep(3000); // longer than it is waited for
          }
          cleanup() {
            log.push("cleanup");
          }
        },
        { concurrency: 1 },
      );
      const job = await env.submit();
      const ends = range(2).map((n) => rejection(world.runtime.callService("v", n)));
      await world.clock.sleep(10);

      await job.stop({ drain: false });
      await Promise.all(ends);
      await world.clock.sleep(10_000);

      expect(log).toEqual(["process 0", "cleanup"]);
    }));

  it("leaves no timer behind, even where a method that has ended still looks at its signal", () =>
    simulate({}, async (world) => {
      const env = world.env();
      let context: CallContext | undefined;
      const process = (_: number, call: CallContext) => {
        context = call;
      };
      env.registerService("v", () => ({ process }));
      const job = await env.submit();
      await world.runtime.callService("v", 1);
      await job.stop();
      const before = world.clock.pending;

      expect(context?.signal).toBeInstanceOf(AbortSignal);
      expect(world.clock.pending).toBe(before);
    }));
});

describe("a call", () => {
  it("ends, even if its method answers something that could be awaited for ever", () =>
    simulate({}, async (world) => {
      const env = world.env();
      // biome-ignore lint/suspicious/noThenProperty: that is what it is about
      const endless = Object.assign(() => 1, { then: () => undefined });
      env.registerService("v", () => ({ process: () => endless }));
      const job = await env.submit();
      let ended = false;
      const end = () => {
        ended = true;
      };
      world.runtime.callService("v").then(end, end);

      await world.clock.sleep(20_000);
      await job.stop();

      expect(ended).toBe(true);
    }));
});
