import type { DataStream, RequestStream, Runtime, SageError, ServiceRef } from "@sage-kernel/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { rejection, simulate } from "./support/simulate.ts";

type Json = string | number | null | { readonly [key: string]: number };

const discard = (): void => undefined;

describe("a pipeline that takes requests", () => {
  it("is refused with everything that is wrong with it, at once", () =>
    simulate({}, async (world) => {
      const env = world.env();
      env.fromRequests<number, number>("silent").run();
      env.fromBatch([1]).reply();
      const wrong = { concurrency: 0, healthIntervalMs: -1, other: 1 };
      const bad = env.fromRequests<number, number>("bad", wrong as never);
      bad.reply(5 as never, { name: "answer" });
      env.fromRequests<number, number>("same").reply();
      env.fromRequests<number, number>("same").reply();

      const error = (await rejection(env.submit())) as SageError;

      const { problems } = error.details as { problems: readonly { node: string; reason: string }[] };
      const found = problems.map(({ node, reason }) => `${node} ${reason}`);
      expect(found.sort()).toEqual([
        "answer NOT_REQUESTS",
        "bad INVALID_OPTION",
        "bad INVALID_OPTION",
        "bad INVALID_OPTION",
        "reply-4 NO_REQUESTS",
        "same DUPLICATE_NAME",
        "same DUPLICATE_NAME",
        "silent NO_REPLY",
      ]);
    }));

  it("may answer through a feedback loop, and from several places", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("collatz");
      const again = env.fromFuture<{ n: number; steps: number }>("again");
      const all = requests.map((n) => ({ n, steps: 0 })).union(again);
      all
        .filter(({ n }) => n === 1)
        .map(({ steps }) => steps)
        .reply(requests);
      all
        .filter(({ n }) => n !== 1)
        .map(({ n, steps }) => ({ n: n % 2 === 0 ? n / 2 : 3 * n + 1, steps: steps + 1 }))
        .fill(again);
      const job = await env.submit();

      const answers = await Promise.all(
        [1, 6, 27].map((n) => world.runtime.callService(requests.service, n)),
      );

      expect(answers).toEqual([0, 8, 111]);
      await job.stop();
      expect((await job.done).ledger.balanced).toBe(true);
    }));

  it("answers only those that it is told to, and leaves out what stems from no request", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const a = env.fromRequests<number, string>("a");
      const b = env.fromRequests<number, string>("b");
      const both = a.union(b, env.fromBatch([7])).map((n) => `number ${n}`);
      both.reply(a);
      b.map((n) => `only ${n}`).reply(b);
      const job = await env.submit();
      const { runtime } = world;

      expect(await Promise.all([runtime.callService(a.service, 1), runtime.callService("b", 2)])).toEqual([
        "number 1",
        "only 2",
      ]);
      await job.stop();
      const report = await job.done;
      expect(report.ledger.balanced).toBe(true);
    }));

  it("has a cycle of jobs of its own for every submission, and one front per instance", () =>
    simulate({}, async (world) => {
      const env = world.env();
      const requests = env.fromRequests<number, number>("twice", { instances: 3 });
      requests.map((n) => 2 * n).reply(requests);
      const first = await env.submit();
      expect(first.report().services.map(({ id }) => id)).toEqual(["twice#0", "twice#1", "twice#2"]);
      expect(await world.runtime.callService(requests.service, 4)).toBe(8);
      await first.stop();
      const second = await env.submit();
      expect(await world.runtime.callService(requests.service, 5)).toBe(10);
      await second.stop();
    }));

  it("passes on the headers of a call, and what its caller looks like does not matter", () =>
    simulate({}, async (world) => {
      const { runtime } = world;
      const env = world.env();
      const requests = env.fromRequests<Json, { payload: Json }>("echo");
      const seen: (string | undefined)[] = [];
      requests
        .process<{ payload: Json }>(({ payload, headers }, emit) => {
          seen.push(headers?.trace);
          if (payload !== "dropped") emit({ payload });
        })
        .reply(requests);
      const job = await env.submit();
      const payloads: readonly Json[] = [
        null,
        JSON.parse('{"__proto__": {"polluted": true}}'),
        JSON.parse('{"then": 1}'),
        "constructor",
        "dropped",
      ];

      for (const payload of payloads) {
        const call = {
          service: requests.service,
          method: "process",
          args: [payload],
          headers: { trace: "t1", "sage-share": "1/7" },
        } as const;
        if (payload === "dropped") {
          expect(await rejection(runtime.callService(call))).toMatchObject({ code: "SERVICE_NO_REPLY" });
        } else expect(await runtime.callService(call)).toEqual({ payload });
      }

      expect(seen).toEqual(payloads.map(() => "t1"));
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      for (const method of ["constructor", "__proto__", "toString", "then", "poll", "close", "onOutcome"]) {
        const error = await rejection(runtime.callService({ service: "echo", method }));
        expect(error).toMatchObject({ code: "SERVICE_METHOD_NOT_FOUND" });
      }
      await job.stop();
    }));
});

/** Never called: what is checked here is that it compiles, or does not. */
type Check = (runtime: Runtime) => void;

describe("the types of a pipeline that takes requests", () => {
  it("follow from its declaration", () => {
    const _: Check = (runtime) => {
      const env = runtime.environment("shop");
      const requests = env.fromRequests<{ readonly item: string }, number>("price");
      expectTypeOf(requests).toEqualTypeOf<RequestStream<{ readonly item: string }, number, "shop">>();
      expectTypeOf(runtime.callService(requests.service, { item: "tea" })).toEqualTypeOf<Promise<number>>();
      const lengths = requests.map(({ item }) => item.length);
      expectTypeOf(lengths.reply(requests)).toEqualTypeOf(lengths);
      expectTypeOf(lengths.reply()).toEqualTypeOf(lengths);
      requests.map(({ item }) => item).sink(discard);
      // @ts-expect-error the answers are numbers
      requests.map(({ item }) => item).reply(requests);
      // @ts-expect-error a request has an item
      void runtime.callService(requests.service, { name: "tea" });
      // @ts-expect-error there is one request
      void runtime.callService(requests.service);
      const other = runtime.environment("other").fromRequests<string, number>("price");
      // @ts-expect-error requests of another environment
      lengths.reply(other);
      // @ts-expect-error no such option
      env.fromRequests<string, number>("third", { dependsOn: ["a"] });
      const stream: DataStream<{ readonly item: string }, "shop"> = requests;
      void stream;
    };
    expectTypeOf<RequestStream<number, string>["service"]>().toExtend<ServiceRef<object>>();
    expect(_).toBeTypeOf("function");
  });
});
