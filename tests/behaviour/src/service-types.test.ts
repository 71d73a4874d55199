import type { CallContext, MethodName, Runtime, ServiceProxy, TaskContext } from "@sage-kernel/core";
import { ServiceRef } from "@sage-kernel/core";
import { describe, expect, expectTypeOf, it } from "vitest";

class Profile {
  readonly limit = 5;
  setup(): void {}
  healthCheck(): boolean {
    return true;
  }
  _hidden(): void {}
  process(id: number): { readonly name: string } {
    return { name: String(id) };
  }
  async byEmail(mail: string, call: CallContext): Promise<string[]> {
    return [mail, String(call.remainingMs)];
  }
  loose(value: unknown, ...more: readonly number[]): number {
    return more.length + Number(value);
  }
}

/** Never called: what is checked here is that it compiles, or does not. */
type Check = (ctx: TaskContext, runtime: Runtime) => void;

const profile = new ServiceRef<Profile>("profile");

describe("the types of service calls", () => {
  it("take a union as an argument", () => {
    const _: Check = (ctx) => {
      const either = new ServiceRef<{ process(id: string | number): boolean }>("either");
      const id: string | number = Math.random() < 0.5 ? 1 : "1";
      expectTypeOf(ctx.callService(either, id)).toEqualTypeOf<Promise<boolean>>();
      const call = { service: either, method: "process", args: [id] } as const;
      expectTypeOf(ctx.callService(call)).toEqualTypeOf<Promise<boolean>>();
    };
    expect(_).toBeTypeOf("function");
  });

  it("follow from what was registered", () => {
    const _: Check = (ctx, runtime) => {
      const env = runtime.environment("pipeline");
      const ref = env.registerService("profile", Profile);
      const made = env.registerService("made", async () => ({ process: (n: number) => n > 1 }));
      expectTypeOf(ref).toEqualTypeOf<ServiceRef<Profile>>();
      expectTypeOf(ctx.callService(ref, 7)).toEqualTypeOf<Promise<{ readonly name: string }>>();
      expectTypeOf(ctx.callService(made, 7)).toEqualTypeOf<Promise<boolean>>();
      expectTypeOf(runtime.callServiceAsync(ref, 7).result).toEqualTypeOf<
        Promise<{ readonly name: string }>
      >();
      const call = { service: ref, method: "byEmail", args: ["a@b"] } as const;
      expectTypeOf(ctx.callService({ ...call, args: ["a@b"] })).toEqualTypeOf<Promise<string[]>>();
    };
  });

  it("have no any, and unknown where nothing is known", () => {
    const _: Check = (ctx) => {
      expectTypeOf(ctx.callService("profile", 7)).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(ctx.callService({ service: "profile" })).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(ctx.service<Profile>("profile").process).returns.toEqualTypeOf<
        Promise<{ readonly name: string }>
      >();
      expectTypeOf(ctx.service<unknown>("profile")).not.toBeAny();
    };
  });

  it("know the methods that can be called, with the arguments that are the caller's", () => {
    expectTypeOf<MethodName<Profile>>().toEqualTypeOf<"process" | "byEmail" | "loose">();
    expectTypeOf<Parameters<ServiceProxy<Profile>["byEmail"]>>().toEqualTypeOf<[mail: string]>();
    expectTypeOf<Parameters<ServiceProxy<Profile>["loose"]>>().toEqualTypeOf<
      [value: unknown, ...more: readonly number[]]
    >();
  });

  it("refuse methods that there are not, wrong arguments, and wrong results", () => {
    const _: Check = async (ctx) => {
      const proxy = ctx.service(profile);
      // @ts-expect-error there is no such method
      proxy.missing();
      // @ts-expect-error a hook
      proxy.setup();
      // @ts-expect-error hidden
      proxy._hidden();
      // @ts-expect-error no method
      proxy.limit();
      // @ts-expect-error a wrong argument
      proxy.process("7");
      // @ts-expect-error too few arguments
      proxy.byEmail();
      // @ts-expect-error the context is not the caller's
      proxy.byEmail("a@b", {} as CallContext);
      // @ts-expect-error a wrong result
      const _wrong: { name: number } = await proxy.process(7);
      // @ts-expect-error a wrong argument of process
      ctx.callService(profile, "7");
      // @ts-expect-error no such method
      ctx.callService({ service: profile, method: "missing", args: [] });
      // @ts-expect-error wrong arguments
      ctx.callService({ service: profile, method: "byEmail", args: [7] });
      // @ts-expect-error a service without process
      ctx.callService(new ServiceRef<{ other(): void }>("other"), 1);
    };
  });
});
