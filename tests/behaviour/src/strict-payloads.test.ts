import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { capacities, rejection, simulate } from "./support/simulate.ts";

class Money {
  readonly cents = 5;
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

describe.each(capacities)("strictPayloads at capacity %i", (capacity) => {
  const core = { strictPayloads: true };

  it.each([
    ["a class instance", { price: new Money() }, "record.price", "an instance of Money"],
    ["a function", [1, { call: () => 1 }], "record[1].call", "a function"],
    ["a symbol in a Map", new Map([["s", Symbol("s")]]), "record<value 0>", "a symbol"],
    ["a promise in a Set", new Set([Promise.resolve(1)]), "record<item 0>", "an instance of Promise"],
    ["a cycle", cyclic, "record.self", "a reference to something that contains it"],
  ])("makes %s an invalid record of the step that emits it, with the path", (_, bad, path, got) =>
    simulate({ capacity, core }, async ({ results }) => {
      const { records, job } = await results((env) =>
        env.fromBatch([1, 2, 3]).map((n) => (n === 2 ? bad : n), { name: "make", onError: "deadLetter" }),
      );

      expect(records).toEqual([1, 3]);
      expect(job.deadLetters.list()).toMatchObject([
        { record: 2, node: "make#0", reason: "invalid", error: { code: "NOT_SERIALIZABLE" } },
      ]);
      expect(job.deadLetters.list()[0]?.error.message).toContain(`"${path}" is ${got}.`);
    }),
  );

  it("fails the job by default", () =>
    simulate({ capacity, core }, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .map(() => new Money(), { name: "make" })
        .run();

      const error = await rejection((await pipeline.submit()).done);

      expect(hasCode(error, "OPERATOR_FAILED")).toBe(true);
      expect(error.message).toContain('"make#0" failed in execute');
      expect(hasCode(error.cause, "NOT_SERIALIZABLE")).toBe(true);
    }));

  it("lets everything pass that can cross a process, as it is", () =>
    simulate({ capacity, core }, async ({ results }) => {
      const shared = { twice: true };
      const good = [
        null,
        "text",
        10n,
        new Date(0),
        new Uint8Array([1, 2]),
        new Map([["a", new Set([1])]]),
        { deep: [{ er: undefined }] },
        [shared, shared],
      ];

      const { records } = await results((env) => env.fromBatch(good));

      expect(records).toEqual(good);
    }));

  it("takes back what a join kept of a record whose result cannot leave", () =>
    simulate({ capacity, core }, async ({ results, clock }) => {
      let first = true;

      const { records } = await results((env) => {
        const right = env.fromBatch(async function* () {
          await clock.sleep(10);
          yield* [100, 200];
        });
        return env
          .fromBatch([1])
          .keyBy(() => 0)
          .join(
            right.keyBy(() => 0),
            (l, r) => {
              if (!first) return l + r;
              first = false;
              return new Money() as never;
            },
            { onError: { retry: { attempts: 2, initialMs: 5 } } },
          );
      });

      expect(records).toEqual([101, 201]);
    }));
});

describe("without strictPayloads", () => {
  it("a class instance passes by reference", () =>
    simulate({}, async ({ results }) => {
      const money = new Money();

      const { records } = await results((env) => env.fromBatch([money]).map((m) => m));

      expect(records[0]).toBe(money);
    }));
});
