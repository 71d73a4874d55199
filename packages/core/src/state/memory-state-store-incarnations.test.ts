import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import {
  answered,
  changes,
  createStore,
  createUsedStore,
  deliveredOf,
  outputTo,
  unhandledIn,
} from "../../test-support/store-harness.ts";
import { data } from "../../test-support/task-harness.ts";
import type { UnitOfWork } from "./commit.port.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

describe("a further incarnation of a task", () => {
  test("counts one more, and fences all earlier ones: what they commit has no effect", () => {
    const { commit, open, loud, first, everything } = createUsedStore();
    const second = open();
    const before = everything();

    expect([commit.epoch, second.epoch]).toEqual([1, 2]);
    expect(commit.commit(loud(2))).toEqual({ code: "fenced" });
    expect(commit.commit(first)).toEqual({ code: "fenced" });
    expect(everything()).toEqual(before);
  });

  test("goes on where the last commit stands", () => {
    const { open, unit, target } = createUsedStore();
    const second = open();
    expect(second.restored).toMatchObject({ sequence: 1, position: 10, finished: false });
    expect(second.state.table("sums").get("k")).toBe(1);

    expect(second.commit(unit(2, ["b"], { epoch: 2 }))).toEqual({ code: "applied" });
    expect(target.payloads).toEqual(["a", "b"]);
  });

  test("has a snapshot of that, which does not move while it commits", () => {
    const { open, unit } = createUsedStore();
    const second = open();
    const consumed = [data(4, 0, "b")];
    const ledger = Object.assign(unit(0, []).ledger, { received: 7 });
    second.commit(unit(2, ["b"], { epoch: 2, consumed, ledger, ahead: [[4, 3]], handedOut: 1 }));
    const { restored, progress } = second;

    expect([restored.sequence, restored.position, restored.ahead, restored.handedOut]).toEqual([
      1,
      10,
      [],
      0,
    ]);
    expect([restored.received.records(4), restored.sent.records(0)]).toEqual([0, 1]);
    expect([restored.ledger.received, progress.ledger.received]).toEqual([0, 7]);
    expect([progress.sequence, progress.received.records(4)]).toEqual([2, 1]);
  });

  test("hears of what an earlier one has committed that is not downstream yet", async () => {
    const { commit, open, unit, target } = createStore({ room: 0 });
    commit.commit(unit(1, ["a"]));
    const { delivered } = open().restored;
    let done = false;
    const wait = delivered?.then(() => {
      done = true;
    });
    await tick();
    expect(done).toBe(false);

    target.drain();
    await wait;
    expect([done, target.payloads]).toEqual([true, ["a"]]);
  });

  test("has nothing to wait for where everything went downstream at once", () => {
    const { open } = createUsedStore();

    expect(open().restored.delivered).toBeUndefined();
  });

  test("has nothing to wait for where the last commit went downstream at once, whatever came before", () => {
    const { commit, open, unit, target } = createStore({ room: 0 });
    commit.commit(unit(1, ["a"]));
    target.drain();
    commit.commit(unit(2, ["b"]));

    expect(open().restored.delivered).toBeUndefined();
  });

  test("lets what an earlier one has left waiting fail without an unhandled rejection, when it hears of it", async () => {
    const { commit, open, unit, target } = createStore({ room: 0 });
    const failures: unknown[] = [];
    const unhandled = await unhandledIn(async () => {
      deliveredOf(answered(commit, unit(1, ["a"])))?.then(undefined, (error) => failures.push(error));
      const { delivered } = open().restored;
      delivered?.then(undefined, (error) => failures.push(error));
      target.fail("closed");
    });

    expect([failures, unhandled]).toEqual([["closed", "closed"], []]);
  });
});

describe("any sequence of units, incarnations and repetitions", () => {
  const step = fc.constantFrom("next", "next", "again", "old", "skip", "stale", "open");

  test("applies each unit once, in order, and answers as a plain model says", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (plan) => {
        const { open, unit, target, commit: firstCommit } = createStore();
        const applied: number[] = [];
        let commit = firstCommit;
        let last: UnitOfWork | undefined;
        for (const [n, action] of plan.entries()) {
          const { epoch } = commit;
          const make = (sequence: number, more: Partial<UnitOfWork> = {}) =>
            unit(sequence, [n], { epoch, state: [changes("t", [["last", n]])], ...more });
          const sequence = applied.length + 1;
          if (action === "open") {
            commit = open();
            expect(commit.restored.sequence).toBe(applied.length);
          } else if (action === "next") {
            last = make(sequence);
            expect(answered(commit, last).code).toBe("applied");
            applied.push(n);
          } else if (action === "again") {
            if (last === undefined) continue;
            const code = last.epoch === epoch ? "alreadyApplied" : "fenced";
            expect(answered(commit, last).code).toBe(code);
          } else if (action === "stale") {
            expect(answered(commit, make(sequence, { epoch: epoch - 1 })).code).toBe("fenced");
          } else {
            const wrong = action === "old" ? sequence - 1 : sequence + 1;
            expect(answered(commit, make(wrong)).code).toBe("mismatch");
          }
          expect(target.payloads).toEqual(applied);
          expect(commit.state.table("t").get("last")).toBe(applied.at(-1));
          expect(commit.progress.position).toBe(applied.length === 0 ? undefined : applied.length * 10);
        }
      }),
    );
  });

  test("delivers what waits for room in the order of the units", async () => {
    const { commit, unit, target } = createStore({ room: 0 });
    const outputs = (...names: string[]) => ({
      outputs: names.map((name) => outputTo(target, data(0, 0, name))),
    });
    commit.commit(unit(1, [], outputs("a", "b")));
    commit.commit(unit(2, [], outputs("c")));
    target.drain();
    await tick();

    expect(target.payloads).toEqual(["a", "b", "c"]);
  });
});
