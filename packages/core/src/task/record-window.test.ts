import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { boom, type Ending, GatedOperator } from "../../test-support/fake-operator.ts";
import { createRunnerScope, type RunnerSetup } from "../../test-support/runner-harness.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { RecordId } from "../state/commit.port.ts";
import { RecordWindow } from "./record-window.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

interface Element {
  readonly delivery: Delivery;
  /** The record's number, or `undefined` for a stop signal. */
  readonly n: number | undefined;
  ending?: Ending;
}

/** A window, driven as its task does, beside a model of what it must have done. */
function setUp(setup: RunnerSetup, limit = 8) {
  const operator = new GatedOperator();
  const parts = createRunnerScope(operator, setup);
  const window = new RecordWindow(parts.scope, limit, () => undefined);
  const elements: Element[] = [];
  const settled: Element[] = [];
  const stops: Batch[] = [];
  const consumed: unknown[] = [];
  let position: { readonly delivery: Delivery; readonly done: number } | undefined;
  let ahead: readonly RecordId[] = [];
  let next = 0;
  const pump = async () => {
    await tick();
    window.start();
    for (let stop = window.advance(); stop !== undefined; stop = window.advance()) stops.push(stop);
    const part = window.takeProgress();
    if (part === undefined) return;
    const { delivery, done } = part;
    if (delivery !== undefined) position = { delivery, done };
    for (const { payloads, stop } of part.consumed) consumed.push(...payloads, ...(stop ? [undefined] : []));
    ahead = part.ahead;
  };
  /** Adds a delivery of batches with these keys; `true` ends a batch with a stop signal. */
  const add = (batches: readonly (readonly [keys: readonly string[], stop: boolean])[], keyed = true) => {
    const source = { source: "a#0", time: 0 };
    const made = batches.map(([keys, stop]) => {
      const firstSeq = next;
      const numbers = keys.map(() => next++);
      return new Batch(7, firstSeq, numbers, keyed ? keys : undefined, undefined, stop ? source : undefined);
    });
    const delivery: Delivery = { batches: made, position: null, done: false };
    let before = 0;
    for (const batch of made) {
      parts.ledger.received += batch.payloads.length;
      window.add({ delivery, before, batch, input: 0, from: 0, first: undefined, stops: true });
      before += batch.elements;
      for (const n of batch.payloads) elements.push({ delivery, n: n as number });
      if (batch.stop !== undefined) elements.push({ delivery, n: undefined });
    }
  };
  const end = (n: number, ending: Ending = "ok") => {
    const element = elements.find((each) => each.n === n) as Element;
    element.ending = ending;
    settled.push(element);
    operator.end(n, ending);
  };
  const fails = (element: Element) => element.ending === "fail" && (setup.onError ?? "fail") === "fail";
  /** What is done without a gap. */
  const prefix = () => {
    const gap = elements.findIndex((e) => e.n !== undefined && (e.ending === undefined || fails(e)));
    return gap < 0 ? elements : elements.slice(0, gap);
  };
  /** What is done behind that. */
  const worked = (from: number) =>
    elements.slice(from).filter((e) => e.n !== undefined && e.ending !== undefined && !fails(e));
  const check = () => {
    const done = prefix();
    const released = setup.ordered === false ? settled : done;
    const last = done.at(-1);
    expect(parts.out.payloads).toEqual(released.filter((e) => e.ending === "ok").map((e) => e.n));
    expect(stops).toHaveLength(done.filter((e) => e.n === undefined).length);
    expect(position?.delivery).toBe(last?.delivery);
    expect(position?.done).toBe(last && done.filter((e) => e.delivery === last.delivery).length);
    expect(consumed).toEqual(done.map((e) => e.n));
    expect(ahead).toEqual(setup.ordered === false ? worked(done.length).map((e) => [7, e.n]) : []);
    expect(window.flying.size).toBeLessThanOrEqual(setup.concurrency ?? 1);
    expect(operator.most).toBeLessThanOrEqual(setup.concurrency ?? 1);
    expect(operator.clashes).toEqual([]);
    expect(window.flying.size + window.wanted).toBeLessThanOrEqual(setup.concurrency ?? 1);
    if (window.wanted > 0) expect(elements.length - done.length + window.wanted).toBeLessThanOrEqual(limit);
  };
  const startable = () => [...operator.flying.keys()] as number[];
  return { ...parts, window, operator, elements, settled, stops, pump, add, end, check, fails, startable };
}

const deliveries = fc.array(
  fc.tuple(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }), fc.boolean()),
  { minLength: 1, maxLength: 2 },
);
const endings = fc.array(fc.tuple(fc.nat(), fc.constantFrom<Ending>("ok", "ok", "drop", "fail")), {
  minLength: 1,
  maxLength: 3,
});
const actions = fc.array(
  fc.oneof(
    deliveries.map((add) => ({ add })),
    endings.map((end) => ({ end })),
  ),
  { maxLength: 20, size: "max" },
);
const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 4 }),
  ordered: fc.boolean(),
  onError: fc.constantFrom("skip", "deadLetter", "fail"),
});

describe("a record window", () => {
  test("keeps its promises in any interleaving, whatever the keys, ordered or not", async () => {
    await fc.assert(
      fc.asyncProperty(actions, settings, fc.boolean(), async (plan, setup, keyed) => {
        const { window, pump, add, end, check, settled, fails, startable, ledger } = setUp(
          setup as RunnerSetup,
        );
        for (const action of plan) {
          if ("add" in action) add(action.add, keyed);
          else {
            for (const [pick, ending] of action.end) {
              const flying = startable();
              if (flying.length > 0) end(flying[pick % flying.length] as number, ending);
            }
          }
          await pump();
          check();
          if (!setup.ordered) expect(window.failure !== undefined).toBe(settled.some(fails));
          if (window.failure !== undefined) return;
        }
        while (startable().length > 0) {
          end(startable()[0] as number);
          await pump();
          check();
          if (window.failure !== undefined) return;
        }
        expect(window.empty).toBe(true);
        expect(ledger.inFlight).toBe(0);
      }),
    );
  });

  test("starts as many records as may be in flight, and passes over those whose key is busy", async () => {
    const { add, pump, startable } = setUp({ concurrency: 3 });
    add([[["a", "a", "b", "a", "c"], false]]);
    await pump();

    expect(startable()).toEqual([0, 2, 4]);
  });

  test("counts a stop signal only when everything before it is done", async () => {
    const { add, pump, end, stops } = setUp({ concurrency: 3 });
    add([
      [["a", "b"], true],
      [["c"], false],
    ]);
    await pump();
    for (const n of [2, 1]) {
      end(n);
      await pump();
    }
    expect(stops).toHaveLength(0);

    end(0);
    await pump();
    expect(stops).toHaveLength(1);
  });

  test("moves its position over a stop signal only when the caller has counted it", async () => {
    const { window, add, end, pump } = setUp({ concurrency: 1 });
    add([
      [["a"], true],
      [["b"], false],
    ]);
    window.start();
    end(0);
    await tick();

    expect(window.advance()?.stop).toBeDefined();
    expect(window.takeProgress()?.done).toBe(1);
    expect(window.advance()).toBeUndefined();
    expect(window.takeProgress()?.done).toBe(2);
    await pump();
  });

  test("ends with the prefix released when a record fails for good, and starts no other one", async () => {
    const { add, pump, end, out, window, startable } = setUp({ concurrency: 2 });
    add([[["a", "b", "c", "d", "e"], false]], false);
    await pump();
    end(1, "fail");
    await pump();
    expect([out.payloads, window.failure, startable()]).toEqual([[], undefined, [0, 2]]);

    end(0);
    await pump();
    expect(out.payloads).toEqual([0]);
    expect(window.failure?.error).toMatchObject({ code: "OPERATOR_FAILED", cause: boom });
    expect([window.wanted, startable()]).toEqual([0, [2, 3]]);
  });

  test("moves its position over what settled in the same turn before a record that failed, unordered too", async () => {
    for (const ordered of [true, false]) {
      const { window, add, end, out, pump, check } = setUp({ concurrency: 3, ordered });
      add([[["a", "b", "c"], false]], false);
      await pump();
      end(0);
      end(1, "fail");
      await pump();

      check();
      expect([out.payloads, window.failure !== undefined]).toEqual([[0], true]);
    }
  });

  test("goes on from a first answer that came before it took over", async () => {
    const { window, pump, out, ledger, startable } = setUp({ concurrency: 2 });
    const batch = new Batch(0, 0, ["done", "answered", 7]);
    const delivery: Delivery = { batches: [batch], position: null, done: false };
    const first = { answer: Promise.resolve("answer") };
    window.add({ delivery, before: 5, batch, input: 0, from: 1, first, stops: true });
    await pump();
    await pump();

    expect([out.payloads, ledger.processed, startable()]).toEqual([["answer"], 1, [7]]);
  });

  test("tells how many records more could start, within its limit", async () => {
    const { window, add, pump } = setUp({ concurrency: 4 }, 6);
    expect(window.wanted).toBe(4);
    add([[["a", "a", "a", "a"], false]]);
    await pump();
    expect(window.wanted).toBe(2);
    add([[["a", "a"], false]]);
    await pump();
    expect(window.wanted).toBe(0);
  });

  test("forgets what is in flight when the task gives up", async () => {
    const { window, add, pump, end, abort, out } = setUp({ concurrency: 2 });
    add([[["a", "b"], false]]);
    await pump();
    abort.abort();
    end(0);
    end(1);
    await window.idle;
    await pump();

    expect([out.payloads, window.flying.size, window.empty]).toEqual([[], 0, false]);
  });
});
