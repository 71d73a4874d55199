import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openOperator } from "../../test-support/runner-harness.ts";
import { createContext } from "../../test-support/step-context.ts";
import type { TaskContext } from "../context/task-context.ts";
import { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Cursor, type Operator } from "./operator.port.ts";
import {
  filterRecipe,
  flatMapRecipe,
  keyByRecipe,
  mapRecipe,
  type OperatorRecipe,
  reduceRecipe,
  sinkRecipe,
} from "./operator-recipes.ts";
import { openRecord } from "./run-each.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

type Step = (...args: never[]) => unknown;

/** One recipe of each kind around a pure function. */
const kinds: Record<
  string,
  { readonly make: (step: Step) => OperatorRecipe; readonly step: (n: number) => unknown }
> = {
  map: { make: mapRecipe, step: (n) => [undefined, null, n * 2][n % 3] },
  filter: { make: filterRecipe, step: (n) => n % 2 === 0 },
  flatMap: {
    make: flatMapRecipe,
    step: (n) => [[], undefined, [n, n + 1], new Set([n, "a"]), "one string", [undefined, null]][n % 6],
  },
  keyBy: { make: keyByRecipe, step: (n) => [n, `${n}`, null, false, 0n][n % 5] },
  sink: { make: sinkRecipe, step: (n) => n },
};

/** How the same function may answer: now, later, or sometimes later. */
const styles: Record<string, (step: Step) => Step> = {
  sync: (step) => step,
  async:
    (step) =>
    async (...args) =>
      step(...args),
  mixed: (step) => {
    let calls = 0;
    return (...args) => (calls++ % 2 === 0 ? step(...args) : Promise.resolve(step(...args)));
  },
};

const open = openOperator;
const newCursor = () => new Cursor(createContext());

/** Runs a batch as a task does: in the tight loop, and behind a promise in the asynchronous one or record by record. */
async function run(operator: Operator, batch: Batch, tight = true) {
  const out = new RecordBuffer();
  const cursor = newCursor();
  let filtered = 0;
  const end = batch.payloads.length;
  for (let i = 0; i < end; i = cursor.index) {
    operator.run(batch, i, end, out, cursor);
    if (cursor.index === end) break;
    if (tight && operator.runAsync !== undefined) {
      await operator.runAsync(batch, end, out, cursor);
      continue;
    }
    const record = openRecord(batch, cursor.index, 0, cursor.ctx);
    if (operator.apply(await cursor.answer, record, out)) filtered++;
    cursor.index++;
  }
  cursor.ctx.catchUp();
  return { payloads: out.payloads, keys: out.keys ?? [], filtered: filtered + cursor.filtered };
}

/** Runs a batch record by record, never in the loop. */
async function invokeEach(operator: Operator, batch: Batch) {
  const out = new RecordBuffer();
  const ctx = createContext();
  let filtered = 0;
  for (let i = 0; i < batch.payloads.length; i++) {
    const record = openRecord(batch, i, 0, ctx);
    if (operator.apply(await operator.invoke(record), record, out)) filtered++;
  }
  return { payloads: out.payloads, keys: out.keys ?? [], filtered };
}

const rows = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.constantFrom<PartitionKey>("a", 0, null, false)));
const batchOf = (pairs: readonly (readonly [number, PartitionKey])[], keyed: boolean) =>
  new Batch(
    0,
    0,
    pairs.map(([n]) => n),
    keyed ? pairs.map(([, k]) => k) : undefined,
  );

describe.each(Object.entries(kinds))("%s", (_, { make, step }) => {
  test("gives the same outputs, keys and counts whether its function is sync, async or both", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (pairs, keyed) => {
        const batch = batchOf(pairs, keyed);
        const expected = await invokeEach(open(make(step as Step)), batch);

        for (const style of Object.values(styles)) {
          for (const tight of [true, false]) {
            expect(await run(open(make(style(step as Step))), batch, tight)).toEqual(expected);
          }
        }
      }),
    );
  });

  test("shows its function the key of each record, whether it is sync or async", async () => {
    const batch = batchOf(
      [
        [0, "a"],
        [2, null],
        [4, "b"],
        [6, false],
      ],
      true,
    );
    for (const style of Object.values(styles)) {
      const seen: unknown[] = [];
      const watching = (n: number, ctx: TaskContext) => {
        seen.push(ctx.key);
        return step(n);
      };
      await run(open(make(style(watching as never))), batch);
      await run(open(make(style(watching as never))), batch, false);

      expect(seen).toEqual(["a", null, "b", false, "a", null, "b", false]);
    }
  });

  test("leaves nothing of a record behind whose function throws, and says which it was", () => {
    const failing = (n: number) => {
      if (n === 99) throw new RangeError("99");
      return step(n);
    };
    const operator = open(make(failing as never));
    const before = new RecordBuffer();
    operator.run(new Batch(0, 0, [2, 4]), 0, 2, before, newCursor());
    const out = new RecordBuffer();
    const cursor = newCursor();

    expect(() => operator.run(new Batch(0, 0, [2, 4, 99, 6]), 0, 4, out, cursor)).toThrow(RangeError);
    expect(cursor.index).toBe(2);
    expect(out.payloads).toEqual(before.payloads);
    expect(out.keys).toEqual(before.keys);
  });
});

describe("reduce", () => {
  const sum = (acc: number, n: number) => acc + n;

  test.each(["each", "end"] as const)(
    "with emit %s gives the same outputs whether its function is sync, async or both",
    async (emit) => {
      await fc.assert(
        fc.asyncProperty(rows, fc.boolean(), async (pairs, fold) => {
          const settings = { initial: fold ? () => 100 : undefined, emit };
          const batch = batchOf(pairs, true);
          const expected = new Map<PartitionKey, number>();
          const steps = pairs.map(([n, key]) => {
            const acc = expected.has(key) ? (expected.get(key) as number) : fold ? 100 : undefined;
            expected.set(key, acc === undefined ? n : acc + n);
            return expected.get(key);
          });
          for (const style of Object.values(styles)) {
            const operator = open(reduceRecipe(style(sum as never), settings));
            const { payloads, keys } = await run(operator, batch);
            const rest = new RecordBuffer();
            while (!(await operator.finish(rest, 2)));

            expect(payloads).toEqual(emit === "each" ? steps : []);
            expect(keys).toEqual(emit === "each" ? batch.keys : []);
            expect(rest.payloads).toEqual(emit === "end" ? [...expected.values()] : []);
            expect(rest.keys ?? []).toEqual(emit === "end" ? [...expected.keys()] : []);
          }
        }),
      );
    },
  );

  test("emits what is left in parts of at most the size asked for", () => {
    const operator = open(reduceRecipe(sum, { initial: undefined, emit: "end" }));
    const cursor = newCursor();
    const batch = new Batch(0, 0, [1, 2, 3, 4, 5], ["a", "b", "c", "d", "e"]);
    operator.run(batch, 0, 5, new RecordBuffer(), cursor);
    cursor.ctx.catchUp();
    const parts: number[] = [];
    for (let done = false; !done; ) {
      const out = new RecordBuffer();
      done = operator.finish(out, 2) === true;
      parts.push(out.length);
    }

    expect(Math.max(...parts)).toBe(2);
    expect(parts.reduce((a, b) => a + b)).toBe(5);
  });

  test("leaves a key's accumulator as it was when its function throws", () => {
    const failing = (acc: number, n: number) => {
      if (n === 99) throw new Error("no");
      return acc + n;
    };
    const operator = open(reduceRecipe(failing, { initial: undefined, emit: "each" }));
    const out = new RecordBuffer();
    const batch = new Batch(0, 0, [1, 99, 2], ["k", "k", "k"]);
    const cursor = newCursor();
    expect(() => operator.run(batch, 0, 3, out, cursor)).toThrow("no");
    cursor.ctx.discard();
    operator.run(batch, 2, 3, out, cursor);

    expect(out.payloads).toEqual([1, 3]);
  });
});

describe("an answer of the wrong kind", () => {
  test.each([[1], ["yes"], [undefined], [null], [{}]])(
    "of a filter, %o, is an error of its record",
    async (answer) => {
      for (const style of [styles.sync, styles.async] as const) {
        const operator = open(filterRecipe(style?.((() => answer) as Step)));

        await expect(run(operator, new Batch(0, 0, [1]))).rejects.toMatchObject({
          code: "INVALID_RESULT",
          details: { step: "step-1", expected: "true or false" },
        });
      }
    },
  );

  test.each([[1], [null], [true], [{}]])("of a flatMap, %o, is an error of its record", async (answer) => {
    for (const style of [styles.sync, styles.async] as const) {
      const operator = open(flatMapRecipe(style?.((() => answer) as Step)));

      await expect(run(operator, new Batch(0, 0, [1]))).rejects.toMatchObject({ code: "INVALID_RESULT" });
    }
  });

  test.each([[undefined], [NaN], [{}]])("of a keyBy, %o, is an error of its record", async (answer) => {
    for (const style of [styles.sync, styles.async] as const) {
      const operator = open(keyByRecipe(style?.((() => answer) as Step)));

      await expect(run(operator, new Batch(0, 0, [1]))).rejects.toMatchObject({ code: "INVALID_KEY" });
    }
  });
});

describe("flatMap", () => {
  async function* later(n: number) {
    yield n;
    yield n + 1;
  }

  test("takes an async iterable, also as a promised one", async () => {
    const direct = await run(open(flatMapRecipe(later)), new Batch(0, 0, [1, 5]));
    const promised = await run(open(flatMapRecipe(async (n: number) => later(n))), new Batch(0, 0, [1, 5]));

    expect(direct.payloads).toEqual([1, 2, 5, 6]);
    expect(promised.payloads).toEqual([1, 2, 5, 6]);
  });

  test("takes back what a generator emitted before it threw", () => {
    const operator = open(
      flatMapRecipe(function* (n: number) {
        yield n;
        if (n === 2) throw new Error("midway");
        yield n;
      }),
    );
    const out = new RecordBuffer();
    expect(() => operator.run(new Batch(0, 0, [1, 2], ["a", "b"]), 0, 2, out, newCursor())).toThrow("midway");

    expect([out.payloads, out.keys]).toEqual([
      [1, 1],
      ["a", "a"],
    ]);
  });
});
