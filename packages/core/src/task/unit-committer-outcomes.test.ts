import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, createCommitter } from "../../test-support/committer-harness.ts";
import { settle, tick } from "../../test-support/fake-host.ts";
import { boom } from "../../test-support/fake-operator.ts";
import type { ErrorCode } from "../errors/catalog.ts";
import { SageError } from "../errors/sage-error.ts";
import type { CommitOutcome } from "../state/commit.port.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const never = () => undefined;
const unanswered = () => {
  throw new SageError("COMMIT_UNANSWERED", { node: "map-2#0", reason: "torn" });
};
const unansweredLater = async (): Promise<CommitOutcome> => unanswered();

/** Commits one unit and notes how that ends. */
function commitOne(setup = createCommitter()) {
  const ends: unknown[] = [];
  setup.emit("a", "b");
  const commit = () =>
    setup.committer.commit(
      at(2),
      () => ends.push("done"),
      (error) => ends.push(error),
    );
  return { ...setup, ends, commit };
}

describe("a unit whose commit nobody has answered", () => {
  test.each([
    ["at once", unanswered],
    ["later", unansweredLater],
  ])("is committed again, as the very same object, when that is known %s", async (_, answer) => {
    const { commit, next, units, clock, ends, committer } = commitOne();
    next(answer, answer);
    expect(commit()).toBe(false);
    await tick();
    clock.advance(1);
    await tick();
    clock.advance(2);
    await tick();

    expect([ends, committer.waiting, committer.lost]).toEqual([["done"], false, false]);
    expect(units).toHaveLength(3);
    expect(units[1]).toBe(units[0]);
    expect(units[2]).toBe(units[0]);
  });

  test("waits twice as long before each further attempt, at most a second", async () => {
    const { commit, next, units, clock } = commitOne();
    next(...Array.from({ length: 12 }, () => unanswered));
    commit();
    const times = [0];
    while (units.length < 13) {
      clock.advance(1);
      await tick();
      if (units.length > times.length) times.push(clock.monotonic());
    }

    const waits = times.slice(1).map((time, i) => time - (times[i] as number));
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000]);
  });

  test("was sent once, and its batches are not numbered anew", async () => {
    const { commit, next, units, clock, records } = commitOne();
    next(unanswered);
    commit();
    clock.advance(1);
    await tick();

    expect([records.sent, units[1]?.outputs[0]?.batch.firstSeq]).toEqual([2, 0]);
  });

  test("is downstream when the store says that it was applied before, and delivered", async () => {
    let deliver: () => void = never;
    const { commit, next, clock, ends } = commitOne();
    next(unanswered, {
      code: "alreadyApplied",
      delivered: new Promise<void>((resolve) => (deliver = resolve)),
    });
    commit();
    clock.advance(1);
    await settle();
    expect(ends).toEqual([]);

    deliver();
    await tick();
    expect(ends).toEqual(["done"]);
  });

  test("holds up the next one: it waits all the while, since it was committed first", async () => {
    const { commit, next, clock, committer } = commitOne();
    next(unanswered, unanswered);
    clock.advance(5);
    commit();
    clock.advance(1);
    await tick();

    expect([committer.waiting, committer.waitingSince]).toEqual([true, 5]);
  });

  test("is not committed again when the task gives up meanwhile", async () => {
    const { commit, next, units, clock, abort, ends } = commitOne();
    next(unanswered);
    commit();
    abort.abort(boom);
    await tick();
    clock.advance(5000);
    await tick();

    expect([units.length, ends]).toEqual([1, [boom]]);
  });
});

describe("a unit for which there is no room", () => {
  test("is committed again, as the very same object, when there is", async () => {
    let room: () => void = never;
    const { commit, next, units, ends, committer } = commitOne();
    next({ code: "backpressure", room: new Promise<void>((resolve) => (room = resolve)) });
    expect(commit()).toBe(false);
    await settle();
    expect([units.length, committer.waiting]).toEqual([1, true]);

    room();
    await tick();
    expect([units.length, ends, committer.waiting]).toEqual([2, ["done"], false]);
    expect(units[1]).toBe(units[0]);
  });

  test("says meanwhile what there is no room for, where the store can tell", async () => {
    let room: () => void = never;
    const { commit, next, committer } = commitOne();
    const wait = new Promise<void>((resolve) => (room = resolve));
    next({ code: "backpressure", room: wait, waitsFor: "room for its dead letters" });
    commit();
    expect(committer.waitsFor).toBe("room for its dead letters");

    room();
    await tick();
    expect(committer.waitsFor).toBeUndefined();
  });

  test("is not committed again when the task gives up meanwhile, however long that takes", async () => {
    const { commit, next, units, abort, ends, committer } = commitOne();
    next({ code: "backpressure", room: new Promise<void>(never) });
    commit();
    abort.abort(boom);
    await settle();

    expect([ends, units.length, committer.waiting]).toEqual([[boom], 1, false]);
  });

  test("fails with the wait for room", async () => {
    const { commit, next, ends, units } = commitOne();
    next({ code: "backpressure", room: Promise.reject(boom) });
    commit();
    await settle();

    expect([ends, units.length]).toEqual([[boom], 1]);
  });
});

describe("a unit that the store refuses", () => {
  test.each<[CommitOutcome & { readonly code: "fenced" | "mismatch" | "inputVanished" }, ErrorCode, object]>([
    [{ code: "fenced" }, "FENCED", { node: "map-2#0", epoch: 3 }],
    [{ code: "mismatch" }, "COMMIT_MISMATCH", { node: "map-2#0", sequence: 1 }],
    [{ code: "inputVanished" }, "INPUT_VANISHED", { node: "map-2#0" }],
  ])("as $code fails with %j, and was not sent", async (outcome, code, details) => {
    const now = commitOne();
    now.next(outcome);
    expect(() => now.commit()).toThrow(expect.objectContaining({ code, details }));
    expect([now.records.sent, now.committer.lost, now.units.length]).toEqual([0, true, 1]);

    const later = commitOne();
    later.next(() => Promise.resolve(outcome));
    expect(later.commit()).toBe(false);
    await tick();
    expect(later.ends).toEqual([expect.objectContaining({ code, details })]);
    expect([later.records.sent, later.committer.lost, later.committer.waiting]).toEqual([0, true, false]);
  });

  test("after it was not answered is not committed once more", async () => {
    const { commit, next, units, clock, ends } = commitOne();
    next(unanswered, { code: "fenced" });
    commit();
    clock.advance(1);
    await tick();
    clock.advance(5000);
    await tick();

    expect(ends).toEqual([expect.objectContaining({ code: "FENCED" })]);
    expect(units).toHaveLength(2);
  });
});

describe("state of which nobody knows whether it was applied", () => {
  test("stays visible until the store has it, and then the store alone answers", async () => {
    const { commit, next, state, clock } = commitOne();
    const table = state.table("sums");
    table.put("k", 1);
    next(unanswered);
    commit();
    expect(table.get("k")).toBe(1);

    clock.advance(1);
    await tick();
    expect(table.get("k")).toBeUndefined(); // this store keeps nothing
  });
});

describe("any sequence of answers", () => {
  const answer = fc.constantFrom("applied", "alreadyApplied", "lost", "lost later", "no room", "slow");

  test("commits each unit until it is applied, one at a time and in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 12, size: "max" }),
        fc.integer({ min: 1, max: 4 }),
        async (plan, more) => {
          const { committer, next, units, clock, emit } = createCommitter();
          next(...plan.map(answerOf));
          const total = plan.filter((each) => !tryAgain.has(each)).length + more;
          for (let n = 0; n < total; n++) {
            emit(n);
            const done = committer.flush(at(n));
            while (committer.waiting) {
              clock.advance(1000);
              await tick();
            }
            await done;
          }
          const distinct = [...new Set(units)];

          expect(distinct.map(({ sequence }) => sequence)).toEqual(distinct.map((_, i) => i + 1));
          expect(distinct.map(({ outputs }) => outputs[0]?.batch.payloads)).toEqual(
            Array.from({ length: total }, (_, n) => [n]),
          );
          expect(units.map(({ sequence }) => sequence)).toEqual(
            units.map(({ sequence }) => sequence).sort((a, b) => a - b),
          );
          expect(units).toHaveLength(plan.length + more);
        },
      ),
    );
  });

  const tryAgain = new Set(["lost", "lost later", "no room"]);

  function answerOf(name: string) {
    if (name === "lost") return unanswered;
    if (name === "lost later") return unansweredLater;
    if (name === "no room") return { code: "backpressure", room: Promise.resolve() } as const;
    if (name === "slow") return async () => ({ code: "applied", delivered: tick() }) as const;
    return { code: name as "applied" | "alreadyApplied" } as const;
  }
});
