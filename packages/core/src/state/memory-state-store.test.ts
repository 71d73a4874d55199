import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import {
  answered,
  changes,
  createStore,
  deliveredOf,
  letter,
  outputTo,
  RoomyTarget,
  unhandledIn,
} from "../../test-support/store-harness.ts";
import { data, stop } from "../../test-support/task-harness.ts";
import { Batch } from "../packet/batch.ts";
import type { Commit } from "./commit.port.ts";
import { TaskLedger } from "./ledger.ts";
import { memoryStateStores } from "./memory-state-store.ts";
import { absent } from "./state-key.ts";

const refusing = {
  offer: () => false,
  put: () => {
    throw new Error("full for good");
  },
};

describe("a commit whose outputs fit", () => {
  test("is applied without a promise, with nothing to wait for", () => {
    const { commit, unit, target } = createStore();

    expect(commit.commit(unit(1, ["a", "b"]))).toEqual({ code: "applied" });
    expect(target.payloads).toEqual(["a", "b"]);
  });

  test("writes dead letters first, then outputs, then the position", () => {
    const { commit, unit, log, letters } = createStore();
    commit.commit(unit(1, ["a"], { deadLetters: [letter()] }));

    expect(log).toEqual(["dead letters", "output", "position 10"]);
    expect(letters).toEqual([letter()]);
  });

  test("leaves the position where it is when no input was taken", () => {
    const { commit, unit, log } = createStore();
    commit.commit(unit(1, []));
    commit.commit(unit(2, ["a"], { position: undefined }));

    expect(log).toEqual(["output", "position 10", "output"]);
    expect(commit.progress.position).toBe(10);
  });

  test.each([0, null, false, ""])("takes the falsy position %j for a position", (position) => {
    const { commit, unit, log } = createStore();
    commit.commit(unit(1, [], { position, outputs: [] }));

    expect([log, commit.progress.position]).toEqual([[`position ${position}`], position]);
  });

  test("hands its collected records over once, in their order", () => {
    const { commit, unit, collected } = createStore();
    const first = unit(1, [], { collected: ["a", "b"] });
    commit.commit(first);
    commit.commit(first);
    commit.commit(unit(2, [], { collected: ["c"] }));

    expect(collected).toEqual(["a", "b", "c"]);
  });
});

describe("a commit whose outputs do not fit", () => {
  test("is applied, with a wait until they are accepted, and advances its input meanwhile", async () => {
    const { commit, unit, target, log } = createStore({ room: 0 });
    let done = false;
    const outcome = answered(commit, unit(1, ["a"]));
    const wait = deliveredOf(outcome)?.then(() => {
      done = true;
    });
    await tick();
    expect([outcome.code, done, log]).toEqual(["applied", false, ["position 10"]]);

    target.drain();
    await wait;
    expect(target.payloads).toEqual(["a"]);
  });

  test("waits for all of several full targets", async () => {
    const { commit, unit } = createStore();
    const targets = [new RoomyTarget(0), new RoomyTarget(9), new RoomyTarget(0)];
    const outputs = targets.map((queue) => outputTo(queue, data(0, 0, "a")));
    let done = false;
    const wait = deliveredOf(answered(commit, unit(1, [], { outputs })))?.then(() => {
      done = true;
    });

    targets[0]?.drain();
    await tick();
    expect(done).toBe(false);
    targets[2]?.drain();
    await wait;
    expect(targets.map((target) => target.taken.length)).toEqual([1, 1, 1]);
  });

  test("waits for an input that takes its time to advance", async () => {
    const { store, unit, target } = createStore();
    let advance: () => void = () => undefined;
    const commit = store.open({
      node: "slow#0",
      input: { advance: () => new Promise<void>((resolve) => (advance = resolve)) },
      deadLetters: { write: () => undefined },
    });
    let done = false;
    const wait = deliveredOf(answered(commit, unit(1, ["a"])))?.then(() => {
      done = true;
    });
    await tick();
    expect([done, target.payloads]).toEqual([false, ["a"]]);

    advance();
    await wait;
    expect(done).toBe(true);
  });

  test("keeps the order of one target's outputs: what comes later does not overtake", async () => {
    const { commit, unit, target } = createStore({ room: 1 });
    const outputs = [["a", "b"], ["c"]].map((records, i) => outputTo(target, new Batch(0, i, records)));
    const wait = deliveredOf(answered(commit, unit(1, [], { outputs })));
    target.drain();
    await wait;

    expect(target.payloads).toEqual(["a", "b", "c"]);
  });

  test("fails its wait when a target fails, and is applied all the same", async () => {
    const { commit, unit } = createStore();
    const failing = { offer: () => false, put: () => Promise.reject(new Error("closed")) };
    const outputs = [failing, new RoomyTarget(9), failing].map((queue) => outputTo(queue, data(0, 0, "a")));
    const outcome = answered(commit, unit(1, [], { outputs }));

    expect([outcome.code, commit.progress.sequence]).toEqual(["applied", 1]);
    await expect(deliveredOf(outcome)).rejects.toThrow("closed");
  });
});

describe("a commit of which one target refuses its part at once", () => {
  test("is applied, since another part is visible already; its wait fails and its input stays", async () => {
    const { commit, unit, target, log } = createStore();
    const outputs = [target, refusing].map((queue) => outputTo(queue, data(0, 0, "a")));
    const outcome = answered(commit, unit(1, [], { outputs }));

    expect(outcome.code).toBe("applied");
    await expect(deliveredOf(outcome)).rejects.toThrow("full for good");
    expect([target.taken.length, log]).toEqual([1, ["output"]]);
  });

  test("fails its wait also while another part waits for room, whose later end is no unhandled rejection", async () => {
    const { commit, unit } = createStore();
    const full = new RoomyTarget(0);
    const outputs = [full, refusing].map((queue) => outputTo(queue, data(0, 0, "a")));
    const unhandled = await unhandledIn(async () => {
      await expect(deliveredOf(answered(commit, unit(1, [], { outputs })))).rejects.toThrow("full for good");
      full.fail(new Error("closed"));
    });

    expect(unhandled).toEqual([]);
  });

  test("is no unhandled rejection when several parts fail and nobody hears of it", async () => {
    const { commit, unit } = createStore();
    const targets = [new RoomyTarget(0), new RoomyTarget(0)];
    const outputs = targets.map((queue) => outputTo(queue, data(0, 0, "a")));
    const unhandled = await unhandledIn(async () => {
      answered(commit, unit(1, [], { outputs }));
      for (const target of targets) target.fail(new Error("closed"));
    });

    expect(unhandled).toEqual([]);
  });
});

describe("what a task has committed", () => {
  test("is its state, in tables, from the moment of the commit on", () => {
    const { commit, unit } = createStore();
    const sums = commit.state.table("sums");
    commit.commit(
      unit(1, [], {
        state: [
          changes("sums", [
            ["a", 1],
            [undefined, 2],
          ]),
        ],
      }),
    );
    expect([...sums.entries()]).toEqual([
      ["a", 1],
      [undefined, 2],
    ]);

    commit.commit(unit(2, [], { state: [changes("sums", [["a", absent]]), changes("counts", [["b", 0]])] }));
    expect([sums.get("a"), sums.get(undefined), commit.state.table("counts").get("b")]).toEqual([
      undefined,
      2,
      0,
    ]);
  });

  test("loses every cell of a table that a commit has cleared, except those that it sets again", () => {
    const { commit, unit } = createStore();
    const before = [
      ["a", 1],
      ["b", 2],
    ] as const;
    commit.commit(unit(1, [], { state: [changes("sums", before)] }));
    commit.commit(unit(2, [], { state: [changes("sums", [["c", 3]], true)] }));

    expect([...commit.state.table("sums").entries()]).toEqual([["c", 3]]);
  });

  test("names the tables that have cells, and no other one", () => {
    const { commit, unit } = createStore();
    commit.state.table("looked at");
    commit.commit(unit(1, [], { state: [changes("sums", [["a", 1]]), changes("counts", [["b", 1]])] }));
    expect(commit.state.names()).toEqual(["sums", "counts"]);

    commit.commit(unit(2, [], { state: [changes("sums", [["a", absent]])] }));
    expect(commit.state.names()).toEqual(["counts"]);
  });

  test("says how far each channel has come, and what is done ahead", () => {
    const { commit, unit, target } = createStore();
    const consumed = [data(4, 0, "a", "b"), stop(4, 2, "x#0"), data(5, 7, "c")];
    const outputs = [data(8, 0, "a", "b"), stop(9, 3, "map-2#0")].map((batch) => outputTo(target, batch));
    commit.commit(unit(1, [], { consumed, outputs, ahead: [[5, 9]], handedOut: 2, finished: true }));
    const { received, sent, ahead, handedOut, finished, sequence } = commit.progress;

    expect([received.records(4), received.stopped(4)]).toEqual([2, true]);
    expect([received.records(5), received.stopped(5)]).toEqual([8, false]);
    expect([sent.records(8), sent.stopped(8), sent.records(9), sent.stopped(9)]).toEqual([2, false, 3, true]);
    expect([ahead, handedOut, finished, sequence]).toEqual([[[5, 9]], 2, true, 1]);
  });

  test("keeps the counts as they were at the commit", () => {
    const { commit, unit } = createStore();
    const ledger = new TaskLedger();
    ledger.received = 3;
    commit.commit(unit(1, ["a"], { ledger }));
    ledger.received = 5;
    expect(commit.progress.ledger.received).toBe(3);

    commit.commit(unit(2, ["b"], { ledger }));
    expect(commit.progress.ledger.received).toBe(5);
  });

  test("is its own: neither another task's nor that of a task of the same name in another job", () => {
    const { commit, open, unit } = createStore();
    commit.commit(unit(1, [], { state: [changes("sums", [["a", 1]])] }));
    const elsewhere = memoryStateStores.create("job-2").open({
      node: "map-2#0",
      input: { advance: () => undefined },
      deadLetters: { write: () => undefined },
    }) as Commit;

    for (const other of [open("map-2#1"), elsewhere]) {
      expect([other.epoch, other.progress.sequence, other.state.names()]).toEqual([1, 0, []]);
    }
  });
});

describe("the progress of a task", () => {
  test("is told by its id, as committed by now, and not at all before it was opened", () => {
    const { store, commit, unit } = createStore();
    expect(store.progress("nobody#0")).toBeUndefined();
    expect(store.progress("map-2#0")).toMatchObject({ sequence: 0, finished: false });

    commit.commit(unit(1, ["a"], { finished: true }));
    expect(store.progress("map-2#0")).toMatchObject({ sequence: 1, finished: true });
  });
});
