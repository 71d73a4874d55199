import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { boom, FakeOperator } from "../../test-support/fake-operator.ts";
import { createRunnerScope } from "../../test-support/runner-harness.ts";
import { data } from "../../test-support/task-harness.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { Connection } from "../routing/connection.ts";
import { Router } from "../routing/router.ts";
import { SingleGroup } from "../routing/single-group.ts";
import type { Commit, UnitOfWork } from "../state/commit.port.ts";
import { TaskLedger } from "../state/ledger.ts";
import { UnitCommitter } from "./unit-committer.ts";

const connect = (channel: number) =>
  new Connection({ step: "s", index: 0, inputIndex: 0, keyed: true, channel, queue: {} as never });

/** A committer whose commits answer as the test says; with or without a stream for dead letters. */
function setUp({ letters = false } = {}) {
  const { scope, clock } = createRunnerScope(new FakeOperator(), { onError: "deadLetter" });
  const [records, dead] = [connect(0), connect(1)];
  const deadLetters = letters ? [new SingleGroup("round-robin", dead)] : [];
  const router = new Router([new SingleGroup("round-robin", records)], undefined, { deadLetters });
  const units: UnitOfWork[] = [];
  const answer: { next: () => MaybePromise<void> } = { next: () => undefined };
  const commit: Commit = {
    ledger: new TaskLedger(),
    commit: (unit) => {
      units.push(unit);
      return answer.next();
    },
  };
  const committer = new UnitCommitter({ ...scope, router, commit });
  const emit = (...payloads: unknown[]) => scope.out.payloads.push(...payloads);
  const fail = () => scope.faults.settle(data(9, 0, "bad"), 0, boom, 1);
  return { ...scope, clock, records, dead, router, units, answer, committer, emit, fail };
}

const never = () => undefined;

describe("a unit of work", () => {
  test("holds the outputs so far, the position and the counts, and is numbered without gaps", () => {
    const { committer, emit, units, ledger } = setUp();
    emit("a", "b");
    expect(committer.commit(7, never, never)).toBe(true);
    emit("c");
    committer.commit(undefined, never, never);

    expect(units.map(({ sequence, position }) => [sequence, position])).toEqual([
      [1, 7],
      [2, undefined],
    ]);
    const batches = units.flatMap(({ outputs }) => outputs.map(({ batch }) => batch));
    expect(batches.map(({ firstSeq, payloads }) => [firstSeq, payloads])).toEqual([
      [0, ["a", "b"]],
      [2, ["c"]],
    ]);
    expect(ledger.emitted).toBe(3);
  });

  test("that waits for room says so until it is accepted, and then calls back", async () => {
    const { committer, answer, clock, stats } = setUp();
    let accept: () => void = never;
    let done = 0;
    answer.next = () => new Promise((resolve) => (accept = resolve));
    clock.advance(3);
    expect(committer.commit(1, () => done++, never)).toBe(false);
    expect([committer.waiting, committer.waitingSince]).toEqual([true, 3]);

    clock.advance(40);
    accept();
    await tick();
    expect([committer.waiting, committer.waitingSince, done]).toEqual([false, undefined, 1]);
    expect(stats.toJSON().blockedMs).toBe(40);
  });

  test("that is refused later calls back with the error", async () => {
    const { committer, answer } = setUp();
    const errors: unknown[] = [];
    answer.next = () => Promise.reject(boom);
    committer.commit(1, never, (error) => errors.push(error));
    await tick();

    expect([errors, committer.waiting]).toEqual([[boom], false]);
  });

  test("that is refused at once was not sent: neither its records nor its stop signals", async () => {
    const { committer, answer, emit, records } = setUp();
    answer.next = () => {
      throw boom;
    };
    emit("a", "b");
    expect(() => committer.commit(1, never, never)).toThrow(boom);
    expect(records.sent).toBe(0);

    await expect(committer.stop({ source: "map-2#0", time: 0 })).rejects.toBe(boom);
    expect([records.sent, records.stopped]).toEqual([0, false]);
  });

  test("as a promise settles with its commit", async () => {
    const { committer, answer, units } = setUp();
    await committer.flush(4);
    expect(units[0]?.position).toBe(4);

    answer.next = () => Promise.reject(boom);
    await expect(committer.flush()).rejects.toBe(boom);
  });
});

describe("dead letters", () => {
  test("go to the store when no stream takes them", () => {
    const { committer, fail, units, dead } = setUp();
    fail();
    committer.commit(1, never, never);

    expect(units[0]?.deadLetters).toMatchObject([{ record: "bad", reason: "failed" }]);
    expect(dead.sent).toBe(0);
  });

  test("go to their stream, and not to the store, where there is one", () => {
    const { committer, fail, units, dead } = setUp({ letters: true });
    fail();
    committer.commit(1, never, never);

    expect(units[0]?.deadLetters).toEqual([]);
    expect(units[0]?.outputs.map(({ batch }) => batch.payloads)).toMatchObject([[{ record: "bad" }]]);
    expect(dead.sent).toBe(1);
  });

  test("go to the store once their stream has ended", async () => {
    const { committer, fail, units, dead } = setUp({ letters: true });
    await committer.stop({ source: "map-2#0", time: 0 });
    fail();
    await committer.flush();

    expect(units[0]?.outputs.map(({ batch }) => batch.channel)).toEqual([0, 1]);
    expect(units[1]).toMatchObject({ outputs: [], deadLetters: [{ record: "bad" }] });
    expect([dead.sent, dead.stopped]).toEqual([0, true]);
  });
});
