import type { CallContext, ServiceContext } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { rejection, simulate } from "./support/simulate.ts";

describe("the errors of a service", () => {
  it("reach their caller with name, message, code and cause, and the next call works", () =>
    simulate({}, async (world) => {
      const env = world.env();
      env.registerService("v", () => ({
        process(n: number) {
          if (n === 1) throw new TypeError("kk", { cause: new RangeError("why") });
          return n;
        },
      }));
      const job = await env.submit();

      const error = await rejection(world.runtime.callService("v", 1));
      const next = await world.runtime.callService("v", 2);
      await job.stop();

      expect(error).toMatchObject({
        name: "TypeError",
        message: "kk",
        cause: { name: "RangeError", message: "why" },
      });
      expect(next).toBe(2);
    }));

  it.each([
    "constructor",
    "__proto__",
    "toString",
    "then",
    "hasOwnProperty",
    "_secret",
    "setup",
    "missing",
    "getter",
  ])("say at once that there is no method %s", (method) =>
    simulate({}, async (world) => {
      const env = world.env();
      let ran = 0;
      class Service {
        get getter() {
          ran++;
          return () => 1;
        }
        setup() {}
        _secret() {
          ran++;
        }
        toString() {
          ran++;
          return "";
        }
        process() {}
      }
      env.registerService("v", Service);
      const job = await env.submit();

      const error = await rejection(world.runtime.callService({ service: "v", method }));
      await job.stop();

      expect(error).toMatchObject({ code: "SERVICE_METHOD_NOT_FOUND", details: { known: ["process"] } });
      expect([ran, world.clock.monotonic()]).toEqual([0, 0]);
    }),
  );

  it("say at once that a service would wait for itself", () =>
    simulate({}, async (world) => {
      const env = world.env();
      env.registerService("a", () => ({ process: (_: number, ctx: CallContext) => ctx.callService("b") }));
      env.registerService(
        "b",
        class {
          #ctx!: ServiceContext;
          setup(ctx: ServiceContext) {
            this.#ctx = ctx;
          }
          async process() {
            await null;
            return this.#ctx.callService("a", 1);
          }
        },
      );
      const job = await env.submit();

      const error = await rejection(world.runtime.callService("a", 1));
      await job.stop();

      expect(error).toMatchObject({ code: "SERVICE_CALL_CYCLE", details: { chain: ["a", "b"] } });
      expect(world.clock.monotonic()).toBe(0);
    }));
});
