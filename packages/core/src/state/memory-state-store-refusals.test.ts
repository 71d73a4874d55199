import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import {
  answered,
  changes,
  createStore,
  createUsedStore,
  deliveredOf,
  letter,
} from "../../test-support/store-harness.ts";

const never = () => undefined;

describe("a unit that is not the next one", () => {
  test.each([0, 2, -1, 1.5])("with number %d instead of 1 is a mismatch and has no effect", (sequence) => {
    const { commit, unit, log } = createStore();

    expect(commit.commit(unit(sequence, ["a"], { deadLetters: [letter()] }))).toEqual({ code: "mismatch" });
    expect(log).toEqual([]);
  });

  test.each([
    ["an old number", 0],
    ["the last number, which another attempt has taken", 1],
    ["a number too high", 3],
  ])("with %s is a mismatch and has no effect", (_, sequence) => {
    const { commit, loud, everything } = createUsedStore();
    const before = everything();

    expect(commit.commit(loud(sequence))).toEqual({ code: "mismatch" });
    expect(everything()).toEqual(before);
  });
});

describe("a unit that is committed again", () => {
  test("was applied already, and has no further effect", () => {
    const { commit, first, everything } = createUsedStore();
    const before = everything();

    expect(commit.commit(first)).toEqual({ code: "alreadyApplied" });
    expect(everything()).toEqual(before);
  });

  test("is known by its incarnation and attempt: a copy from the wire will do", () => {
    const { commit, first } = createUsedStore();

    expect(commit.commit({ ...first, outputs: [] })).toEqual({ code: "alreadyApplied" });
    expect(commit.commit({ ...first, sequence: 3 })).toEqual({ code: "mismatch" });
    expect(commit.commit({ ...first, attempt: first.attempt + 1 })).toEqual({ code: "mismatch" });
  });

  test("is waited for as it was the first time", async () => {
    const { commit, unit, target } = createStore({ room: 0 });
    const first = unit(1, ["a"]);
    commit.commit(first);
    const again = answered(commit, first);
    let done = false;
    const wait = deliveredOf(again)?.then(() => {
      done = true;
    });
    await tick();
    expect([again.code, done]).toEqual(["alreadyApplied", false]);

    target.drain();
    await wait;
    expect(target.payloads).toEqual(["a"]);
  });

  test("was applied already also after it was delivered", async () => {
    const { commit, unit, target } = createStore({ room: 0 });
    const first = unit(1, ["a"]);
    commit.commit(first);
    target.drain();
    await tick();
    const again = answered(commit, first);

    expect(again.code).toBe("alreadyApplied");
    await deliveredOf(again);
    expect(target.payloads).toEqual(["a"]);
  });

  test("is a mismatch once another one was applied after it", () => {
    const { commit, unit, first } = createUsedStore();
    commit.commit(unit(2, ["b"]));

    expect(commit.commit(first)).toEqual({ code: "mismatch" });
  });
});

describe("a unit whose dead letters are refused", () => {
  test("throws and has no effect at all, and the same unit may be tried again", () => {
    let full = true;
    const { commit, unit, log } = createStore({
      write: () => {
        if (full) throw new Error("full");
      },
    });
    const first = unit(1, ["a"], { deadLetters: [letter()], collected: ["x"] });
    expect(() => commit.commit(first)).toThrow("full");
    expect([log, commit.progress.sequence]).toEqual([[], 0]);

    full = false;
    expect(commit.commit(first)).toEqual({ code: "applied" });
    expect(log).toEqual(["dead letters", "output", "position 10"]);
  });

  test("for want of room says what it waits for, and how full that is where that is known", () => {
    const { store, unit } = createStore();
    const write = () => new Promise<void>(never);
    const input = { advance: () => undefined };
    const outcomes = [{ write }, { write, fill: "the store holds 5 of 5" }].map((deadLetters, n) => {
      const node = `map-3#${n}`;
      const commit = store.open({ node, input, deadLetters });
      return answered(commit, unit(1, [], { outputs: [], deadLetters: [letter()] }));
    });

    expect(outcomes).toMatchObject([
      { code: "backpressure", waitsFor: "room for its dead letters" },
      { code: "backpressure", waitsFor: "room for its dead letters (the store holds 5 of 5)" },
    ]);
  });

  test("for want of room writes nothing, and the same unit is applied when there is some", async () => {
    let accept: () => void = never;
    const rooms: (Promise<void> | undefined)[] = [
      new Promise<void>((resolve) => (accept = resolve)),
      undefined,
    ];
    const { commit, unit, log, collected, letters } = createStore({ write: () => rooms.shift() });
    const state = [changes("sums", [["k", 1]])];
    const first = unit(1, ["a"], { deadLetters: [letter()], collected: ["x"], state });
    const outcome = answered(commit, first);
    expect(outcome.code).toBe("backpressure");
    expect([log, collected, letters, commit.progress.sequence, commit.state.names()]).toEqual([
      [],
      [],
      [],
      0,
      [],
    ]);

    accept();
    if (outcome.code === "backpressure") await outcome.room;
    expect(commit.commit(first)).toEqual({ code: "applied" });
    expect([log, collected, commit.progress.sequence]).toEqual([
      ["dead letters", "output", "position 10"],
      ["x"],
      1,
    ]);
  });

  test("fails its wait for room with the sink, without any output", async () => {
    const { commit, unit, target, log } = createStore({ write: () => Promise.reject(new Error("full")) });
    const outcome = answered(commit, unit(1, ["a"], { deadLetters: [letter()] }));

    await expect(outcome.code === "backpressure" ? outcome.room : outcome).rejects.toThrow("full");
    expect([target.taken, log]).toEqual([[], []]);
  });
});
