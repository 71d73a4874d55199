import type { Plugin } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, simulate } from "./support/simulate.ts";

/** Notes every hook that is called, under a name. */
const tracing = (name: string, events: string[]): Plugin<unknown> => ({
  name,
  before: ({ payload }, ctx) => void events.push(`${name} before ${payload} in ${ctx.step}`),
  around: ({ payload }, next) => {
    events.push(`${name} around ${payload}`);
    return next();
  },
  after: ({ payload }, outputs) => void events.push(`${name} after ${payload}: ${outputs.join()}`),
});

describe.each(capacities)("plug-ins at capacity %i", (capacity) => {
  it("run around each record: those of the environment outside, the step's own inside, the first outermost", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const events: string[] = [];
      const pipeline = env();
      pipeline.use(tracing("env", events));
      const collected = pipeline
        .fromBatch([1])
        .map(
          (n) => {
            events.push(`map ${n}`);
            return n * 10;
          },
          { name: "step", plugins: [tracing("first", events), tracing("second", events)] },
        )
        .collect({ name: "end" });

      const { job } = await finish(pipeline);

      expect(job.collected(collected)).toEqual([10]);
      expect(
        events.filter((event) => !event.includes("10 in end") && !/env (around|after) 10/.test(event)),
      ).toEqual([
        "env before 1 in step",
        "first before 1 in step",
        "second before 1 in step",
        "env around 1",
        "first around 1",
        "second around 1",
        "map 1",
        "second after 1: 10",
        "first after 1: 10",
        "env after 1: 10",
      ]);
      expect(events).toContain("env before 10 in end");
    }));

  it("see an asynchronous answer when it has come, and may change it", () =>
    simulate({ capacity }, async ({ results, clock }) => {
      const took: number[] = [];
      const timing: Plugin = {
        name: "timing",
        around: async (_, next) => {
          const started = clock.monotonic();
          const answer = (await next()) as number;
          took.push(clock.monotonic() - started);
          return answer + 1;
        },
      };

      const { records } = await results((env) =>
        env.fromBatch([10, 20, 30]).map(
          async (n) => {
            await clock.sleep(n);
            return n;
          },
          { plugins: [timing], concurrency: 3 },
        ),
      );

      expect(records).toEqual([11, 21, 31]);
      expect(took).toEqual([10, 20, 30]);
    }));

  it("may answer instead of the function, and call it again", () =>
    simulate({ capacity }, async ({ results }) => {
      let calls = 0;
      const memo = new Map<unknown, unknown>();
      const caching: Plugin = {
        name: "cache",
        around: ({ payload }, next) => {
          if (!memo.has(payload)) memo.set(payload, next());
          return memo.get(payload);
        },
      };
      const again: Plugin = {
        name: "again",
        around: (_, next) => {
          try {
            return next();
          } catch {
            return next();
          }
        },
      };

      const { records } = await results((env) =>
        env.fromBatch(["a", "b", "a"]).map(
          (word) => {
            if (++calls === 1) throw new Error("first call");
            return word.toUpperCase();
          },
          { plugins: [caching, again] },
        ),
      );

      expect(records).toEqual(["A", "B", "A"]);
      expect(calls).toBe(3);
    }));

  it.each(["before", "around", "after"] as const)(
    "that throw in %s fail that record alone, under the step's onError, with nothing left of it",
    (hook) =>
      simulate({ capacity }, async ({ results }) => {
        const refusing: Plugin = {
          name: "refusing",
          around: (_, next) => next(),
          [hook]: ({ payload }: { payload: number }, next: unknown) => {
            if (payload === 2) throw new Error(`no ${hook}`);
            return typeof next === "function" ? next() : undefined;
          },
        };

        const { records, job } = await results((env) =>
          env
            .fromBatch([1, 2, 3])
            .keyBy(() => "all")
            .reduce((sum, n) => sum + n, { plugins: [refusing], onError: "deadLetter" }),
        );

        expect(records).toEqual([1, 4]);
        expect(job.deadLetters.list().map(({ record, error }) => [record, error.message])).toEqual([
          [2, `no ${hook}`],
        ]);
      }),
  );

  it("run before each attempt, and after the one that succeeds", () =>
    simulate({ capacity }, async ({ results }) => {
      const events: string[] = [];
      let attempts = 0;

      const { records } = await results((env) =>
        env.fromBatch([1]).map(
          (n) => {
            if (++attempts < 3) throw new Error("not yet");
            return n;
          },
          { name: "step", plugins: [tracing("t", events)], onError: { retry: 3 } },
        ),
      );

      expect(records).toEqual([1]);
      expect(events.filter((event) => event.startsWith("t before"))).toHaveLength(3);
      expect(events.filter((event) => event.startsWith("t after"))).toEqual(["t after 1: 1"]);
    }));

  it("see the key, the headers and every output of a record", () =>
    simulate({ capacity }, async ({ results }) => {
      const seen: unknown[] = [];
      const looking: Plugin = {
        name: "looking",
        after: ({ partitionKey, headers }, outputs) => void seen.push([partitionKey, headers, [...outputs]]),
      };

      await results((env) =>
        env
          .fromBatch([2])
          .process<number>(({ payload }, emit) => emit(payload, { headers: { trace: "x" } }))
          .keyBy((n) => `k${n}`)
          .flatMap((n) => [n, n + 1], { plugins: [looking] }),
      );

      expect(seen).toEqual([["k2", { trace: "x" }, [2, 3]]]);
    }));

  it("of an environment reach every step but the sources", () =>
    simulate({ capacity }, async ({ env, finish }) => {
      const steps = new Set<string>();
      const pipeline = env();
      pipeline.use({ name: "steps", before: (_, ctx) => void steps.add(ctx.step) });
      const keyed = pipeline.fromBatch([1], { name: "source" }).keyBy((n) => n, { name: "key" });
      keyed
        .join(keyed, (a, b) => a + b, { name: "join" })
        .process<number>(({ payload }, emit) => emit(payload), { name: "process" })
        .filter(() => true, { name: "filter" })
        .sink(() => undefined, { name: "sink" });

      await finish(pipeline);

      expect([...steps]).toEqual(["key", "join", "process", "filter", "sink"]);
    }));
});
