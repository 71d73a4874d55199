import {
  type CallContext,
  hasCode,
  MapFunction,
  type ServiceContext,
  type TaskContext,
} from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { range, rejection, simulate } from "./support/simulate.ts";

/** Doubles numbers, and finds people. */
class Directory {
  process(n: number): number {
    return 2 * n;
  }
  async byEmail(mail: string): Promise<{ mail: string; name: string }> {
    return { mail, name: mail.split("@")[0] ?? "" };
  }
}

describe("a service", () => {
  it("is called from a step, by its name, by its reference and through its proxy", () =>
    simulate({}, async (world) => {
      const env = world.runtime.environment("pipeline");
      const directory = env.registerService("v", Directory);
      class Ask extends MapFunction<number, number> {
        async execute(n: number, ctx: TaskContext): Promise<number> {
          return ctx.callService(directory, n);
        }
      }
      const collected = env
        .fromBatch([21])
        .map(Ask)
        .map(async (n, ctx) => [n, await ctx.callService("v", 21)] as const)
        .map(async ([a, b], ctx) => {
          const { name } = await ctx.service(directory).byEmail("ada@example.org");
          const byEmail = await ctx.callService({ service: directory, method: "byEmail", args: ["bob@x"] });
          return [a, b, name, byEmail.name];
        })
        .collect();

      const { job } = await world.finish(env);

      expect(job.collected(collected)).toEqual([[42, 42, "ada", "bob"]]);
    }));

  it("is called from a function class by itself, from open() on", () =>
    simulate({}, async (world) => {
      const env = world.runtime.environment("pipeline");
      const directory = env.registerService("v", Directory);
      class Ask extends MapFunction<number, number[]> {
        #first = 0;
        override async open() {
          this.#first = await this.callService(directory, 1);
        }
        async execute(n: number) {
          return [this.#first, await this.callService(directory, n)];
        }
        early() {
          return this.callService(directory, 1);
        }
      }
      const collected = env.fromBatch([21]).map(Ask).collect();

      const { job } = await world.finish(env);

      expect(job.collected(collected)).toEqual([[2, 42]]);
      expect(() => new Ask().early()).toThrow(expect.objectContaining({ code: "NO_RUNTIME_CONTEXT" }));
    }));

  it("is called from a script, while its job runs", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const directory = env.registerService("v", () => new Directory());
      const job = await env.submit();

      const answers = [
        await world.runtime.callService(directory, 21),
        await world.runtime.callService("v", 4),
        await world.runtime.service<Directory>("v").byEmail("ada@x"),
      ];
      const report = await job.stop();

      expect(answers).toEqual([42, 8, { mail: "ada@x", name: "ada" }]);
      expect(report).toMatchObject({ state: "completed", services: [{ id: "v#0", running: 0 }] });
      expect(hasCode(await rejection(world.runtime.callService("v", 1)), "SERVICE_NOT_FOUND")).toBe(true);
    }));

  it("is called from another service, which is started behind it and stopped before it", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const order: string[] = [];
      env.registerService(
        "a",
        class {
          start() {
            order.push("a starts");
          }
          stop() {
            order.push("a stops");
          }
          async process(n: number, ctx: CallContext) {
            return 10 * ((await ctx.callService("b", n)) as number);
          }
        },
        { dependsOn: ["b"] },
      );
      env.registerService(
        "b",
        class {
          start() {
            order.push("b starts");
          }
          stop() {
            order.push("b stops");
          }
          process(n: number) {
            return n + 1;
          }
        },
      );
      const job = await env.submit();

      const answers = await Promise.all([1, 2].map((n) => world.runtime.callService("a", n)));
      await job.stop();

      expect([answers, order]).toEqual([
        [20, 30],
        ["b starts", "a starts", "a stops", "b stops"],
      ]);
    }));

  it("has its hooks run once each, in their order, around everything", () =>
    simulate({}, async (world) => {
      const log: string[] = [];
      const env = world.env();
      env.registerService(
        "v",
        class {
          constructor() {
            log.push("constructor");
          }
          setup({ serviceName, index, instances }: ServiceContext) {
            log.push(`setup ${serviceName} ${index} of ${instances}`);
          }
          async start() {
            log.push("start");
          }
          process() {
            log.push("process");
          }
          stop() {
            log.push("stop");
          }
          cleanup() {
            log.push("cleanup");
          }
        },
      );
      env
        .fromBatch([1])
        .map(async (_, ctx) => {
          log.push("record");
          await ctx.callService("v");
          return 1;
        })
        .sink({ create: () => ({ execute: () => undefined, close: () => void log.push("close") }) });

      await world.finish(env);

      const hooks = [
        "constructor",
        "setup v 0 of 1",
        "start",
        "record",
        "process",
        "close",
        "stop",
        "cleanup",
      ];
      expect(log).toEqual(hooks);
    }));

  it.each(["constructor", "setup", "start"])("whose %s throws fails submit() with that cause", (phase) =>
    simulate({}, async (world) => {
      const cause = new Error("no");
      const cleaned: string[] = [];
      const fail = (where: string): void => {
        if (where === phase) throw cause;
      };
      const env = world.env();
      env.registerService(
        "first",
        class {
          cleanup() {
            cleaned.push("first");
          }
        },
      );
      env.registerService(
        "v",
        class {
          constructor() {
            fail("constructor");
          }
          setup() {
            fail("setup");
          }
          start() {
            fail("start");
          }
          cleanup() {
            cleaned.push("v");
          }
        },
        { dependsOn: ["first"] },
      );
      env.fromBatch([1]).run();

      const error = await rejection(env.submit());

      expect(hasCode(error, "SERVICE_START_FAILED")).toBe(true);
      expect(error.cause).toBe(cause);
      expect(cleaned).toEqual(phase === "constructor" ? ["first"] : ["v", "first"]);
    }),
  );

  it("gives each of four callers its own answers", () =>
    simulate({}, async (world) => {
      const env = world.runtime.environment("pipeline");
      let count = 0;
      const counter = env.registerService("counter", () => ({
        process: (who: string) => [who, ++count] as const,
      }));
      const collected = env
        .fromBatch(range(20))
        .map(
          async (n, ctx) =>
            [`${ctx.index}:${n}`, await ctx.callService(counter, `${ctx.index}:${n}`)] as const,
          {
            parallelism: 4,
          },
        )
        .collect();

      const { job } = await world.finish(env);

      const answers = job.collected(collected);
      expect(answers.every(([who, [whom]]) => who === whom)).toBe(true);
      expect(answers.map(([, [, n]]) => n).sort((a, b) => a - b)).toEqual(range(20).map((n) => n + 1));
    }));
});
