import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRunnerScope, openOperator, type RunnerSetup } from "../../test-support/runner-harness.ts";
import {
  flatMapRecipe,
  keyByRecipe,
  mapRecipe,
  type OperatorRecipe,
  reduceRecipe,
} from "../operator/operator-recipes.ts";
import { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { Output } from "../routing/connection.ts";
import type { OnError } from "./on-error.ts";
import { RecordRunner } from "./record-runner.ts";
import { RecordWindow, type WindowInput } from "./record-window.ts";
import type { RunnerScope } from "./runner-scope.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

function setUp(recipe: OperatorRecipe, setup: RunnerSetup = {}) {
  const parts = createRunnerScope(openOperator(recipe), setup);
  const { scope, ledger, cursor } = parts;
  const runner = new RecordRunner(scope);
  const process = (
    payloads: readonly unknown[],
    keys?: readonly PartitionKey[],
    firstSeq = 0,
  ): Promise<void> | undefined => {
    ledger.received += payloads.length;
    const batch = new Batch(0, firstSeq, payloads, keys);
    if (runner.run(batch, 0)) return undefined;
    if (scope.concurrency === 1) return runner.runSerially(batch);
    return runWindow(scope, { batch, from: cursor.index, first: runner.first });
  };
  return { process, ...parts };
}

/** Runs what is left of a batch with several records in flight. */
async function runWindow(scope: RunnerScope, rest: Pick<WindowInput, "batch" | "from" | "first">) {
  let wake: () => void = () => undefined;
  const window = new RecordWindow(scope, rest.batch.payloads.length, () => wake());
  scope.signal.addEventListener("abort", () => wake());
  window.add({ delivery: {} as Delivery, before: 0, input: 0, stops: true, ...rest });
  for (;;) {
    window.start();
    window.advance();
    if (window.failure !== undefined) throw window.failure.error;
    if (window.empty) return;
    if (scope.signal.aborted) return void (await window.idle);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

const boom = new RangeError("boom");
const outcomes = [
  "ok",
  "drop",
  "throw",
  "later",
  "laterDrop",
  "reject",
  "unroutable",
  "laterUnroutable",
] as const;
type Outcome = (typeof outcomes)[number];
const fails = new Set<Outcome>(["throw", "reject", "unroutable", "laterUnroutable"]);

/** A function that ends as each record says. */
function act({ n, outcome }: { n: number; outcome: Outcome }): unknown {
  const value = outcome.toLowerCase().endsWith("unroutable") ? -n - 1 : n;
  if (outcome === "throw") throw boom;
  if (outcome === "reject") return Promise.reject(boom);
  if (outcome === "drop") return undefined;
  return outcome.startsWith("later") ? Promise.resolve(outcome === "laterDrop" ? undefined : value) : value;
}

describe("a record runner", () => {
  test("decides each record alone, in order, and accounts for every one", async () => {
    const batches = fc.array(fc.array(fc.constantFrom(...outcomes), { maxLength: 8 }), { maxLength: 4 });
    const settings = fc.record({
      onError: fc.constantFrom<OnError>("skip", "deadLetter"),
      concurrency: fc.integer({ min: 1, max: 4 }),
      keyed: fc.boolean(),
      selective: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(batches, settings, async (plan, { onError, concurrency, keyed, selective }) => {
        const select = (payload: unknown) => (Number(payload) < 0 ? 9 : 0);
        const { process, out, ledger, faults, router } = setUp(mapRecipe(act), {
          onError,
          concurrency,
          ...(selective ? { select } : {}),
        });
        let next = 0;
        const records = plan.map((part) => part.map((outcome) => ({ n: next++, outcome })));
        for (const part of records) {
          await process(part, keyed ? part.map(({ n }) => `k${n}`) : undefined, part[0]?.n ?? next);
        }
        const all = records.flat();
        const failed = all.filter(
          ({ outcome }) => fails.has(outcome) && (selective || !/routable/i.test(outcome)),
        );
        const dropped = all.filter(({ outcome }) => /drop/i.test(outcome));
        const kept = all.filter((record) => !failed.includes(record) && !dropped.includes(record));

        expect(out.payloads).toEqual(kept.map(({ n, outcome }) => (/routable/i.test(outcome) ? -n - 1 : n)));
        expect(out.keys ?? []).toEqual(keyed ? kept.map(({ n }) => `k${n}`) : []);
        expect(ledger.toJSON()).toMatchObject({
          received: all.length,
          processed: all.length - failed.length,
          filtered: dropped.length,
          skipped: onError === "skip" ? failed.length : 0,
          deadLettered: onError === "skip" ? 0 : failed.length,
          inFlight: 0,
        });
        const letters = onError === "skip" ? [] : failed.map(({ n }) => n);
        expect(faults.take().map(({ seq }) => seq)).toEqual(letters);
        const outputs: Output[] = [];
        router.route(out, outputs);
        expect(outputs.flatMap(({ batch }) => batch.payloads)).toEqual(selective ? out.payloads : []);
      }),
    );
  });

  test("costs no promise while the function returns none, failures included", () => {
    const { process, out, ledger } = setUp(mapRecipe(act), { onError: "skip" });
    const records = (["ok", "throw", "drop", "ok"] as const).map((outcome, n) => ({ n, outcome }));

    expect(process(records)).toBeUndefined();
    expect(out.payloads).toEqual([0, 3]);
    expect(ledger.inFlight).toBe(0);
  });
});

describe("onError fail", () => {
  test("throws at the record, with what came before it processed", () => {
    const { process, out, ledger } = setUp(mapRecipe(act));
    const records = (["ok", "drop", "throw", "ok"] as const).map((outcome, n) => ({ n, outcome }));

    expect(() => process(records, undefined, 40)).toThrow(
      expect.objectContaining({
        code: "OPERATOR_FAILED",
        details: expect.objectContaining({ position: "0:42" }),
        cause: boom,
      }),
    );
    expect(out.payloads).toEqual([0]);
    expect(ledger).toMatchObject({ processed: 2, skipped: 0, deadLettered: 0, inFlight: 2 });
  });

  test.each([1, 3])("rejects at an asynchronous record too, with concurrency %i", async (concurrency) => {
    const { process, out } = setUp(mapRecipe(act), { concurrency });
    const records = (["later", "reject", "later"] as const).map((outcome, n) => ({ n, outcome }));

    await expect(process(records)).rejects.toMatchObject({
      code: "OPERATOR_FAILED",
      details: { position: "0:1" },
    });
    expect(out.payloads).toEqual([0]);
  });
});

describe("the emissions of a failing record", () => {
  const generate = function* (n: number) {
    yield n;
    if (n === 2) throw boom;
    yield n * 10;
  };
  async function* generateLater(n: number) {
    yield* generate(n);
  }

  test.each<[string, (n: number) => unknown]>([
    ["a generator", generate],
    ["an async generator", generateLater],
    ["a promised generator", async (n) => generate(n)],
  ])("are taken back when %s throws midway", async (_, flatMap) => {
    const { process, out, ledger } = setUp(flatMapRecipe(flatMap), { onError: "skip" });
    await process([1, 2, 3], ["a", "b", "c"]);

    expect(out.payloads).toEqual([1, 10, 3, 30]);
    expect(out.keys).toEqual(["a", "a", "c", "c"]);
    expect(ledger).toMatchObject({ processed: 2, skipped: 1 });
  });

  test.each<[string, (n: number) => unknown]>([
    ["an array", (n) => [n, n === 2 ? -1 : 0, n]],
    ["a promise", async (n) => [n, n === 2 ? -1 : 0, n]],
  ])("are all taken back when one record of %s cannot be routed", async (_, flatMap) => {
    const select = (payload: unknown) => (payload === -1 ? 5 : 0);
    const { process, out, ledger, faults } = setUp(flatMapRecipe(flatMap), { onError: "deadLetter", select });
    await process([1, 2, 3]);

    expect(out.payloads).toEqual([1, 0, 1, 3, 0, 3]);
    expect(ledger).toMatchObject({ processed: 2, deadLettered: 1 });
    expect(faults.take()).toMatchObject([{ seq: 1, record: 2, reason: "unroutable" }]);
  });

  test("leave no trace in a reduce when its output cannot be routed", async () => {
    const select = (payload: unknown) => {
      if (payload === 111) throw boom;
      return 0;
    };
    const sum = (acc: number, n: number) => acc + n;
    const recipe = reduceRecipe(sum, { initial: undefined, emit: "each" });
    const { process, out, ledger } = setUp(recipe, { onError: "skip", select });
    await process([1, 110, 2], ["k", "k", "k"]);

    expect(ledger).toMatchObject({ processed: 2, skipped: 1 });
    expect(out.payloads).toEqual([1, 3]);
  });

  test("are never made by a keyBy whose answer is no key", () => {
    const { process, out, faults } = setUp(
      keyByRecipe((n: number) => (n === 2 ? NaN : n)),
      { onError: "deadLetter" },
    );
    void process([1, 2, 3]);

    expect([out.payloads, out.keys]).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect(faults.take()).toMatchObject([{ record: 2, reason: "invalid" }]);
  });
});

describe("concurrency", () => {
  /** A function whose records end when the test says so. */
  function gated() {
    const gates = new Map<number, (value: unknown) => void>();
    let most = 0;
    const step = (n: number) =>
      new Promise((resolve) => {
        gates.set(n, resolve);
        most = Math.max(most, gates.size);
      });
    const release = async (n: number) => {
      gates.get(n)?.(`done ${n}`);
      gates.delete(n);
      await new Promise(setImmediate);
    };
    return { step, release, waiting: () => [...gates.keys()], most: () => most };
  }

  test("keeps at most that many records in flight, and their outputs in the order of the inputs", async () => {
    const { step, release, waiting, most } = gated();
    const { process, out } = setUp(mapRecipe(step), { concurrency: 3 });
    const done = process([0, 1, 2, 3, 4]);
    expect(waiting()).toEqual([0, 1, 2]);
    await release(2);
    expect(waiting()).toEqual([0, 1, 3]);
    for (const n of [3, 1, 4, 0]) await release(n);
    await done;

    expect(most()).toBe(3);
    expect(out.payloads).toEqual(["done 0", "done 1", "done 2", "done 3", "done 4"]);
  });

  test("of keyed records is one at a time per key, several keys at once", async () => {
    const { step, release, waiting } = gated();
    const { process, out } = setUp(mapRecipe(step), { concurrency: 3 });
    const done = process([0, 1, 2, 3], ["a", "b", "a", null]);
    expect(waiting()).toEqual([0, 1, 3]);
    await release(1);
    expect(waiting()).toEqual([0, 3]);
    for (const n of [0, 2, 3]) await release(n);
    await done;

    expect(out.payloads).toEqual(["done 0", "done 1", "done 2", "done 3"]);
    expect(out.keys).toEqual(["a", "b", "a", null]);
  });

  test.each([1, 2])(
    "starts no further record (of %i in flight) once the task gives up",
    async (concurrency) => {
      const { step, release, waiting } = gated();
      const { process, abort, cursor } = setUp(mapRecipe(step), { concurrency });
      const done = process([0, 1, 2, 3]);
      cursor.stopped = true;
      abort.abort();
      for (let n = 0; n < concurrency; n++) await release(n);
      await done;

      expect(waiting()).toEqual([]);
    },
  );
});
