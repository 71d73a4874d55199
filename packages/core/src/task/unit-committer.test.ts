import { describe, expect, test } from "vitest";
import { at, createCommitter } from "../../test-support/committer-harness.ts";
import { tick } from "../../test-support/fake-host.ts";
import { boom } from "../../test-support/fake-operator.ts";
import { data } from "../../test-support/task-harness.ts";
import type { RecordId } from "../state/commit.port.ts";
import { noInput } from "./unit-committer.ts";

const never = () => undefined;
const throws = () => {
  throw boom;
};

describe("a unit of work", () => {
  test("holds the outputs so far, the position and the counts, and is numbered without gaps", () => {
    const { committer, emit, units, ledger } = createCommitter();
    emit("a", "b");
    ledger.received = 2;
    expect(committer.commit(at(7), never, never)).toBe(true);
    emit("c");
    ledger.received = 3;
    committer.commit(noInput, never, never);

    expect(units.map(({ sequence, position, ledger }) => [sequence, position, ledger.received])).toEqual([
      [1, 7, 2],
      [2, undefined, 3],
    ]);
    const batches = units.flatMap(({ outputs }) => outputs.map(({ batch }) => batch));
    expect(batches.map(({ firstSeq, payloads }) => [firstSeq, payloads])).toEqual([
      [0, ["a", "b"]],
      [2, ["c"]],
    ]);
    expect(ledger.emitted).toBe(3);
  });

  test("names its incarnation and an attempt of its own", () => {
    const { committer, units } = createCommitter();
    committer.commit(at(1), never, never);
    committer.commit(at(2), never, never);

    expect(units.map(({ epoch, attempt }) => [epoch, attempt])).toEqual([
      [3, 1],
      [3, 2],
    ]);
  });

  test("goes on where the last commit of an earlier incarnation stands", () => {
    const ahead: RecordId[] = [[9, 4]];
    const { committer, units } = createCommitter({ restored: { sequence: 5, ahead, handedOut: 2 } });
    committer.commit(noInput, never, never);

    expect(units).toMatchObject([{ sequence: 6, ahead, handedOut: 2, finished: false }]);
  });

  test("has the elements of its part of the input, and the records ahead of it until they change", () => {
    const { committer, units } = createCommitter();
    const consumed = [data(9, 0, "a")];
    committer.commit(at(1, { consumed, ahead: [[9, 3]] }), never, never);
    committer.commit(noInput, never, never);
    committer.commit(at(4, { ahead: [] }), never, never);

    expect(units.map((unit) => unit.consumed)).toEqual([consumed, [], []]);
    expect(units.map((unit) => unit.ahead)).toEqual([[[9, 3]], [[9, 3]], []]);
  });

  test("has what changed in the task's state since the last one", () => {
    const { committer, units, state } = createCommitter();
    state.table("sums").put("k", 1);
    committer.commit(at(1), never, never);
    committer.commit(at(2), never, never);

    expect(units.map((unit) => unit.state)).toEqual([
      [{ table: "sums", cleared: false, cells: new Map([["k", 1]]) }],
      [],
    ]);
  });

  test("never changes once it is made", () => {
    const { committer, units, emit, ledger, state } = createCommitter();
    emit("a");
    state.table("sums").put("k", 1);
    committer.commit(at(1), never, never);
    const before = structuredClone({ ...units[0], outputs: [] });
    emit("b");
    ledger.received = 9;
    state.table("sums").put("k", 2);
    committer.commit(at(2), never, never);

    expect({ ...units[0], outputs: [] }).toEqual(before);
    expect(units[0]?.outputs.map(({ batch }) => batch.payloads)).toEqual([["a"]]);
  });

  test("that waits for room says so until it is downstream, and then calls back", async () => {
    const { committer, next, clock, stats } = createCommitter();
    let accept: () => void = never;
    let done = 0;
    next({ code: "applied", delivered: new Promise<void>((resolve) => (accept = resolve)) });
    clock.advance(3);
    expect(committer.commit(at(1), () => done++, never)).toBe(false);
    expect([committer.waiting, committer.waitingSince]).toEqual([true, 3]);

    clock.advance(40);
    accept();
    await tick();
    expect([committer.waiting, committer.waitingSince, done]).toEqual([false, undefined, 1]);
    expect(stats.toJSON().blockedMs).toBe(40);
  });

  test("that is refused later calls back with the error", async () => {
    const { committer, next } = createCommitter();
    const errors: unknown[] = [];
    next(() => Promise.reject(boom));
    committer.commit(at(1), never, (error) => errors.push(error));
    await tick();

    expect([errors, committer.waiting, committer.lost]).toEqual([[boom], false, true]);
  });

  test("that is refused at once was not sent: neither its records nor its stop signals", async () => {
    const { committer, next, emit, records } = createCommitter();
    next(throws, throws);
    emit("a", "b");
    expect(() => committer.commit(at(1), never, never)).toThrow(boom);
    expect([records.sent, committer.lost]).toEqual([0, true]);

    await expect(committer.stop({ source: "map-2#0", time: 0 })).rejects.toBe(boom);
    expect([records.sent, records.stopped]).toEqual([0, false]);
  });

  test("as a promise settles with its commit", async () => {
    const { committer, next, units } = createCommitter();
    await committer.flush(at(4));
    expect(units[0]?.position).toBe(4);

    next(() => Promise.reject(boom));
    await expect(committer.flush()).rejects.toBe(boom);
  });
});

describe("what a step collects", () => {
  test("is the unit's own, and goes to no channel and into no count", () => {
    const { committer, emit, units, records, ledger } = createCommitter({ collects: true });
    emit("a", "b");
    committer.commit(at(2), never, never);
    emit("c");
    committer.commit(at(3), never, never);

    expect(units.map(({ collected, outputs }) => [collected, outputs])).toEqual([
      [["a", "b"], []],
      [["c"], []],
    ]);
    expect([records.sent, ledger.emitted]).toEqual([0, 0]);
  });

  test("is nothing for any other step", () => {
    const { committer, emit, units } = createCommitter();
    emit("a");
    committer.commit(at(1), never, never);

    expect(units[0]?.collected).toEqual([]);
  });
});

describe("the last unit", () => {
  test("has the stop signals of all channels, and says that the task has finished", async () => {
    const { committer, units, records, dead } = createCommitter({ letters: true });
    await committer.flush(at(1));
    await committer.stop({ source: "map-2#0", time: 0 });

    expect(units.map(({ finished }) => finished)).toEqual([false, true]);
    expect(units[1]?.outputs.map(({ batch }) => [batch.channel, batch.stop?.source])).toEqual([
      [0, "map-2#0"],
      [1, "map-2#0"],
    ]);
    expect([records.stopped, dead.stopped]).toEqual([true, true]);
  });

  test("is followed by finished ones only, also in the next incarnation", async () => {
    const { committer, units } = createCommitter({ restored: { sequence: 4, finished: true } });
    await committer.flush();

    expect(units).toMatchObject([{ sequence: 5, finished: true }]);
  });
});

describe("dead letters", () => {
  test("go to the store when no stream takes them", () => {
    const { committer, fail, units, dead } = createCommitter();
    fail();
    committer.commit(at(1), never, never);

    expect(units[0]?.deadLetters).toMatchObject([{ record: "bad", reason: "failed" }]);
    expect(dead.sent).toBe(0);
  });

  test("go to their stream, and not to the store, where there is one", () => {
    const { committer, fail, units, dead } = createCommitter({ letters: true });
    fail();
    committer.commit(at(1), never, never);

    expect(units[0]?.deadLetters).toEqual([]);
    expect(units[0]?.outputs.map(({ batch }) => batch.payloads)).toMatchObject([[{ record: "bad" }]]);
    expect(dead.sent).toBe(1);
  });

  test("go to the store once their stream has ended", async () => {
    const { committer, fail, units, dead } = createCommitter({ letters: true });
    await committer.stop({ source: "map-2#0", time: 0 });
    fail();
    await committer.flush();

    expect(units[0]?.outputs.map(({ batch }) => batch.channel)).toEqual([0, 1]);
    expect(units[1]).toMatchObject({ outputs: [], deadLetters: [{ record: "bad" }] });
    expect([dead.sent, dead.stopped]).toEqual([0, true]);
  });

  test("go to the store when an earlier incarnation has ended their stream", async () => {
    const { committer, fail, units } = createCommitter({ letters: true, restored: { finished: true } });
    fail();
    await committer.flush();

    expect(units).toMatchObject([{ outputs: [], deadLetters: [{ record: "bad" }] }]);
  });
});
