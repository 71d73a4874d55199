import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boom, FakeOperator } from "../../test-support/fake-operator.ts";
import { createLife } from "../../test-support/life-harness.ts";
import { stop } from "../../test-support/task-harness.ts";
import type { OpenRecord } from "../operator/operator.port.ts";
import type { StepContext } from "../operator/step-context.ts";
import { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { StateTable } from "../state/state-table.ts";
import type { TaskOutcome } from "./task.port.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** How a record behaves: when it answers, and how often it fails before that, how. */
interface Behaviour {
  readonly key: string;
  readonly later: boolean;
  readonly crashes: number;
  readonly after: boolean;
}

/** Numbers the records of each key in its state, and fails as often as each record says, over all incarnations. */
class CountingOperator extends FakeOperator {
  readonly #left: number[];
  readonly #plan: readonly Behaviour[];
  #counts!: StateTable;

  constructor(plan: readonly Behaviour[], left: number[]) {
    super();
    this.#plan = plan;
    this.#left = left;
  }

  override open(ctx: StepContext) {
    this.#counts = ctx.facts.tables.table("counts");
    return super.open(ctx);
  }

  override invoke({ payload, key, ctx }: OpenRecord) {
    const n = payload as number;
    const { later, after } = this.#plan[n] as Behaviour;
    const crash = (this.#left[n] as number) > 0;
    if (crash) this.#left[n] = (this.#left[n] as number) - 1;
    const count = ((ctx.cells.read(this.#counts, key) as number | undefined) ?? 0) + 1;
    if (crash && !after) return later ? Promise.reject(boom) : raise();
    ctx.cells.write(this.#counts, key, count);
    if (crash) return later ? Promise.reject(boom) : raise();
    const answer = `${n} is ${key} ${count}`;
    return later ? new Promise((resolve) => setImmediate(() => resolve(answer))) : answer;
  }

  override apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer) {
    out.append(answer, key, undefined);
    return false;
  }
}

function raise(): never {
  throw boom;
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  key: fc.constantFrom("a", "b", "c"),
  later: fc.boolean(),
  crashes: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 2 })),
  after: fc.boolean(),
});
const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 3 }),
  ordered: fc.boolean(),
  timeoutMs: fc.constantFrom(undefined, 60_000),
  maxBatch: fc.integer({ min: 1, max: 4 }),
  room: fc.integer({ min: 1, max: 8 }),
});

describe("a task that fails again and again", () => {
  test("emits and counts each record once in the end, with the state that it would have without failures", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { maxLength: 14 }),
        sizes,
        settings,
        async (plan, cuts, { concurrency, ordered, timeoutMs, maxBatch, room }) => {
          const life = createLife(
            { ...{ concurrency, ordered, timeoutMs, seesKeys: true }, limits: { maxBatch, maxBatchMs: 5 } },
            room,
          );
          const left = plan.map(({ crashes }) => crashes);
          let fed = 0;
          let cut = 0;
          const feedNext = async () => {
            const numbers = plan.map((_, n) => n).slice(fed, fed + (cuts[cut++ % cuts.length] as number));
            const keys = numbers.map((n) => (plan[n] as Behaviour).key);
            await life.feed(new Batch(0, fed, numbers, keys));
            fed += numbers.length;
          };
          let outcome: TaskOutcome | undefined;
          let task = await run();
          async function run() {
            const next = await life.next({ operator: new CountingOperator(plan, left) });
            outcome = undefined;
            void next.task.done.then((end) => {
              outcome = end;
            });
            await next.start();
            return next.task;
          }
          for (let turn = 0; turn < 300 && outcome?.state !== "completed"; turn++) {
            if (outcome !== undefined) {
              expect(outcome).toMatchObject({ state: "failed", restartable: true, error: { cause: boom } });
              task = await run();
            }
            if (fed < plan.length) await feedNext();
            else if (cut >= 0) {
              await life.feed(stop(0, fed, "a#0"));
              await life.feed(stop(1, 0, "a#1"));
              cut = -1;
            }
            life.target.drain();
            await life.settled();
          }
          expect(outcome).toEqual({ state: "completed" });

          const counts = new Map<string, number>();
          const expected = plan.map(({ key }, n) => {
            counts.set(key, (counts.get(key) ?? 0) + 1);
            return `${n} is ${key} ${counts.get(key)}`;
          });
          expect(life.payloads().sort()).toEqual([...expected].sort());
          if (ordered) expect(life.payloads()).toEqual(expected);
          expect(life.numbers()).toEqual([...expected.map((_, i) => i), expected.length]);
          expect(new Map(life.store.record("map-2#0").table("counts").entries())).toEqual(counts);
          expect(task.report().ledger).toMatchObject({
            ...{ received: plan.length, processed: plan.length, emitted: plan.length, inFlight: 0 },
          });
          expect(task.report().restarts).toBeLessThanOrEqual(
            plan.reduce((sum, { crashes }) => sum + crashes, 0),
          );
        },
      ),
    );
  });
});
