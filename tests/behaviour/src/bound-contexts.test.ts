import { bindRuntimeContext, callService, callServiceAsync, service } from "@sage-kernel/adapter-local";
import { type CallContext, type Runtime, type ServiceContext, ServiceRef } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { simulate } from "./support/simulate.ts";

interface Named {
  process(): string;
}

const named = new ServiceRef<Named>("named");

/** A job with a service that answers this name. */
async function serve({ runtime }: { readonly runtime: Runtime }, name: string) {
  const env = runtime.environment("pipeline");
  env.registerService("named", () => ({ process: () => name }));
  return env.submit();
}

describe("callService() outside of a pipeline", () => {
  it("says how to bind a context where none is bound", async () => {
    for (const call of [() => callService("v"), () => callServiceAsync("v"), () => service("v")]) {
      expect(call).toThrow(expect.objectContaining({ code: "NO_RUNTIME_CONTEXT" }));
      expect(call).toThrow("bindRuntimeContext(runtime, ");
    }
  });

  it("calls by the runtime that is bound, also behind an await, and not behind the end of the binding", () =>
    simulate({}, async (world) => {
      const job = await serve(world, "a");

      const answers = await bindRuntimeContext(world.runtime, async () => {
        await world.clock.sleep(5);
        return [
          await callService(named),
          await callServiceAsync(named).result,
          await service<Named>("named").process(),
        ];
      });
      await job.stop();

      expect(answers).toEqual(["a", "a", "a"]);
      expect(() => callService(named)).toThrow(expect.objectContaining({ code: "NO_RUNTIME_CONTEXT" }));
    }));

  it("calls by the innermost binding, and by the outer one behind it", () =>
    simulate({}, async (world) => {
      const job = await serve(world, "outer");
      const inner = { callService: async () => "inner" } as unknown as Runtime;

      const answers = await bindRuntimeContext(world.runtime, async () => [
        await callService(named),
        await bindRuntimeContext(inner, () => callService(named)),
        await callService(named),
      ]);
      await job.stop();

      expect(answers).toEqual(["outer", "inner", "outer"]);
    }));
});

describe("what a service calls by the context of its setup()", () => {
  it("belongs to the call that it serves: its time, and the way of its calls", () =>
    simulate({}, async (world) => {
      const env = world.env();
      class Outer {
        #ctx!: ServiceContext;
        setup(ctx: ServiceContext) {
          this.#ctx = ctx;
        }
        async process() {
          await this.#ctx.clock.sleep(100);
          return this.#ctx.callService("inner");
        }
      }
      env.registerService("outer", Outer, { timeoutMs: 500 });
      env.registerService("inner", () => ({ process: (call: CallContext) => call.remainingMs }));
      const job = await env.submit();

      const left = await world.runtime.callService("outer");
      await job.stop();

      expect(left).toBe(400);
    }));
});
