import type { DataStream, Environment } from "@sage-kernel/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { seedsTimeoutMs } from "./support/seeds.ts";
import { range, simulate } from "./support/simulate.ts";

const deep = process.env.SAGE_DEEP === "1";

/** One step of a random pipeline, and what it makes of a number. */
type Step =
  | { readonly kind: "map" | "keyBy"; readonly parallelism: number }
  | { readonly kind: "broadcast"; readonly parallelism: number }
  | { readonly kind: "filter"; readonly modulus: number; readonly async: boolean }
  | { readonly kind: "flatMap"; readonly count: number; readonly concurrency: number }
  | { readonly kind: "process"; readonly count: number; readonly split: boolean }
  | { readonly kind: "fork"; readonly left: readonly Step[]; readonly right: readonly Step[] }
  | { readonly kind: "tap" };

type Numbers = DataStream<number, "pipeline">;

const few = fc.integer({ min: 1, max: 3 });
const { steps } = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie("step"), { maxLength: 5, depthIdentifier: "steps" }),
  step: fc.oneof(
    { depthIdentifier: "steps", maxDepth: 3 },
    fc.record({ kind: fc.constantFrom("map", "keyBy", "broadcast"), parallelism: few }),
    fc.record({ kind: fc.constant("filter"), modulus: few, async: fc.boolean() }),
    fc.record({ kind: fc.constant("flatMap"), count: fc.integer({ min: 0, max: 3 }), concurrency: few }),
    fc.record({ kind: fc.constant("process"), count: fc.integer({ min: 0, max: 3 }), split: fc.boolean() }),
    fc.record({ kind: fc.constant("tap") }),
    fc.record({ kind: fc.constant("fork"), left: tie("steps"), right: tie("steps") }),
  ),
})) as unknown as { readonly steps: fc.Arbitrary<readonly Step[]> };

/** Numbers that differ wherever they come from; several filters see them differently. */
const copies = (n: number, count: number): number[] => range(count).map((i) => n * 3 + i + 1);
const keeps = (n: number, modulus: number): boolean => n % (modulus + 1) !== modulus;

/** Declares the steps behind a stream. */
function declare(stream: Numbers, steps: readonly Step[]): Numbers {
  return steps.reduce(declareStep, stream);
}

function declareStep(from: Numbers, step: Step): Numbers {
  switch (step.kind) {
    case "map":
      return from.map((n) => n + 1, { parallelism: step.parallelism });
    case "keyBy":
      return from.keyBy((n) => n % 3).map((n) => n, { parallelism: step.parallelism });
    case "broadcast":
      return from.map((n) => n, { parallelism: step.parallelism, partitioner: "broadcast" });
    case "filter":
      return from.filter(
        step.async ? async (n) => keeps(n, step.modulus) : (n: number) => keeps(n, step.modulus),
      );
    case "flatMap":
      return from.flatMap(async (n) => copies(n, step.count), { concurrency: step.concurrency });
    case "process":
      return from.process<number>(({ payload, headers }, emit) => {
        for (const n of copies(payload, step.count)) {
          if (step.split && headers !== undefined) emit(n, { headers: { ...headers, own: "1" } });
          else emit(n);
        }
      });
    case "tap":
      return from.sink(() => undefined);
    case "fork":
      return declare(from, step.left).union(declare(from, step.right));
  }
}

/** What one number comes to. */
function model(numbers: readonly number[], steps: readonly Step[]): readonly number[] {
  return steps.reduce<readonly number[]>((from, step) => {
    switch (step.kind) {
      case "map":
        return from.map((n) => n + 1);
      case "filter":
        return from.filter((n) => keeps(n, step.modulus));
      case "flatMap":
      case "process":
        return from.flatMap((n) => copies(n, step.count));
      case "fork":
        return [...model(from, step.left), ...model(from, step.right)];
      default:
        return from;
    }
  }, numbers);
}

it(
  "each request is answered with one of its records, or rejected as soon as none is left",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 2 ** 30 }),
        fc.constantFrom(1, 3, 1024),
        async (...args) => {
          const [all, seed, capacity] = args;
          await simulate({ seed, capacity }, async (world) => {
            const env = world.env() as Environment<"pipeline">;
            const requests = env.fromRequests<number, number>("numbers", { timeoutMs: 60_000 });
            declare(requests, all).reply(requests);
            const job = await env.submit();

            const asked = range(5);
            const ends = await Promise.allSettled(
              asked.map((n) => world.runtime.callService(requests.service, n)),
            );

            for (const n of asked) {
              const possible = model([n], all);
              const end = ends[n] as PromiseSettledResult<number>;
              if (end.status === "fulfilled") expect(possible).toContain(end.value);
              else expect([possible, end.reason.code]).toEqual([[], "SERVICE_NO_REPLY"]);
            }
            expect(world.clock.monotonic()).toBe(0);
            await job.stop();
            expect((await job.done).ledger.balanced).toBe(true);
          });
        },
      ),
      { numRuns: deep ? 3000 : 100 },
    );
  },
  seedsTimeoutMs,
);
