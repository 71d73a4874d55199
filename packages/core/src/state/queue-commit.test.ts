import { describe, expect, test } from "vitest";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { Batch } from "../packet/batch.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { Connection, Output } from "../routing/connection.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { TaskLedger } from "./ledger.ts";
import { queueCommitFactory } from "./queue-commit.ts";

/** A target that takes whole batches while it has room, and lets puts wait until the test drains it. */
class FakeTarget {
  readonly taken: Batch[] = [];
  readonly #waiting: { batch: Batch; wake: () => void }[] = [];
  readonly #log: string[];
  room: number;

  constructor(room: number, log: string[] = []) {
    this.room = room;
    this.#log = log;
  }

  offer(batch: Batch): boolean {
    if (this.#waiting.length > 0 || batch.payloads.length > this.room) return false;
    this.#accept(batch);
    return true;
  }

  put(batch: Batch): Promise<void> {
    return new Promise((wake) => this.#waiting.push({ batch, wake }));
  }

  drain(): void {
    this.room = Infinity;
    for (const { batch, wake } of this.#waiting.splice(0)) {
      this.#accept(batch);
      wake();
    }
  }

  #accept(batch: Batch): void {
    this.room -= batch.payloads.length;
    this.taken.push(batch);
    this.#log.push("output");
  }
}

const outputTo = (queue: object, batch: Batch): Output => ({
  queue: queue as Queue,
  batch,
  connection: {} as Connection,
});
const letter = { reason: "failed", seq: 0 } as DeadLetter;

function setUp(
  room = Infinity,
  write: (letters: readonly DeadLetter[]) => MaybePromise<void> = () => undefined,
) {
  const log: string[] = [];
  const letters: DeadLetter[] = [];
  const target = new FakeTarget(room, log);
  const commit = queueCommitFactory.create({
    node: "map-2#0",
    input: { advance: (position) => void log.push(`position ${position}`) },
    deadLetters: {
      write: (more) => {
        const written = write(more);
        log.push("dead letters");
        letters.push(...more);
        return written;
      },
    },
  });
  const ledger = new TaskLedger();
  const unit = (sequence: number, records: readonly unknown[], more: object = {}) => ({
    sequence,
    position: sequence * 10,
    outputs: [outputTo(target, new Batch(0, 0, records))],
    deadLetters: [] as DeadLetter[],
    ledger,
    ...more,
  });
  return { commit, unit, target, ledger, letters, log };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe("a commit whose outputs fit", () => {
  test("answers without a promise", () => {
    const { commit, unit, target } = setUp();

    expect(commit.commit(unit(1, ["a", "b"]))).toBeUndefined();
    expect(target.taken.flatMap((batch) => batch.payloads)).toEqual(["a", "b"]);
  });

  test("writes dead letters first, then outputs, then the position", () => {
    const { commit, unit, log, letters } = setUp();

    commit.commit(unit(1, ["a"], { deadLetters: [letter] }));

    expect(log).toEqual(["dead letters", "output", "position 10"]);
    expect(letters).toEqual([letter]);
  });

  test("leaves the position where it is when no input was taken", () => {
    const { commit, unit, log } = setUp();

    commit.commit(unit(1, ["a"], { position: undefined }));

    expect(log).toEqual(["output"]);
  });

  test("takes a falsy position for a position", () => {
    const { commit, unit, log } = setUp();

    commit.commit(unit(1, [], { position: 0, outputs: [] }));
    commit.commit(unit(2, [], { position: null, outputs: [] }));

    expect(log).toEqual(["position 0", "position null"]);
  });

  test("keeps the counts as they were at the commit", () => {
    const { commit, unit, ledger } = setUp();
    ledger.received = 3;
    commit.commit(unit(1, ["a"]));
    ledger.received = 5;

    expect(commit.ledger.received).toBe(3);
    commit.commit(unit(2, ["b"]));
    expect(commit.ledger.received).toBe(5);
  });
});

describe("a commit whose outputs do not fit", () => {
  test("waits until they are accepted, and advances its input meanwhile", async () => {
    const { commit, unit, target, log } = setUp(0);
    let done = false;
    const wait = Promise.resolve(commit.commit(unit(1, ["a"]))).then(() => {
      done = true;
    });
    await tick();
    expect([done, log]).toEqual([false, ["position 10"]]);

    target.drain();
    await wait;
    expect(target.taken.flatMap((batch) => batch.payloads)).toEqual(["a"]);
  });

  test("waits for all of several full targets", async () => {
    const { commit, unit } = setUp();
    const targets = [new FakeTarget(0), new FakeTarget(9), new FakeTarget(0)];
    const outputs = targets.map((queue) => outputTo(queue, new Batch(0, 0, ["a"])));
    let done = false;
    const wait = Promise.resolve(commit.commit(unit(1, [], { outputs }))).then(() => {
      done = true;
    });

    targets[0]?.drain();
    await tick();
    expect(done).toBe(false);
    targets[2]?.drain();
    await wait;
    expect(targets.map((target) => target.taken.length)).toEqual([1, 1, 1]);
  });

  test("keeps the order of one target's outputs: what comes later does not overtake", async () => {
    const { commit, unit, target } = setUp(1);
    const outputs = [["a", "b"], ["c"]].map((records, i) => outputTo(target, new Batch(0, i, records)));
    const wait = commit.commit(unit(1, [], { outputs }));
    target.drain();
    await wait;

    expect(target.taken.flatMap((batch) => batch.payloads)).toEqual(["a", "b", "c"]);
  });

  test("fails when a target fails", async () => {
    const { commit, unit } = setUp();
    const failing = { offer: () => false, put: () => Promise.reject(new Error("closed")) };
    const outputs = [failing, new FakeTarget(9), failing].map((queue) =>
      outputTo(queue, new Batch(0, 0, ["a"])),
    );

    await expect(commit.commit(unit(1, [], { outputs }))).rejects.toThrow("closed");
  });
});

describe("a commit of which one target refuses its part at once", () => {
  const refusing = {
    offer: () => false,
    put: () => {
      throw new Error("full for good");
    },
  };

  test("rejects instead of throwing, since another part is visible already, and leaves the position", async () => {
    const { commit, unit, target, log } = setUp();
    const outputs = [target, refusing].map((queue) => outputTo(queue, new Batch(0, 0, ["a"])));

    await expect(commit.commit(unit(1, [], { outputs }))).rejects.toThrow("full for good");
    expect([target.taken.length, log]).toEqual([1, ["output"]]);
  });

  test("rejects also while another part waits for room", async () => {
    const { commit, unit } = setUp();
    const outputs = [new FakeTarget(0), refusing].map((queue) => outputTo(queue, new Batch(0, 0, ["a"])));

    await expect(commit.commit(unit(1, [], { outputs }))).rejects.toThrow("full for good");
  });
});

describe("the sequence of commits", () => {
  test.each([0, 2, -1, 1.5])("a first commit with number %d is refused and has no effect", (sequence) => {
    const { commit, unit, log } = setUp();

    expect(() => commit.commit(unit(sequence, ["a"], { deadLetters: [letter] }))).toThrow(
      expect.objectContaining({
        code: "COMMIT_MISMATCH",
        details: { node: "map-2#0", expected: 1, got: sequence },
      }),
    );
    expect(log).toEqual([]);
  });

  test("a repeated commit is refused", () => {
    const { commit, unit, log } = setUp();
    commit.commit(unit(1, ["a"]));

    expect(() => commit.commit(unit(1, ["a"]))).toThrow(expect.objectContaining({ code: "COMMIT_MISMATCH" }));
    expect(log).toEqual(["output", "position 10"]);
  });
});

describe("a commit whose dead letters are refused", () => {
  test("has no effect at all, and may be tried again under its number", () => {
    let full = true;
    const { commit, unit, log, ledger } = setUp(Infinity, () => {
      if (full) throw new Error("full");
    });
    ledger.received = 1;
    expect(() => commit.commit(unit(1, ["a"], { deadLetters: [letter] }))).toThrow("full");
    expect([log, commit.ledger.received]).toEqual([[], 0]);

    full = false;
    commit.commit(unit(1, ["a"], { deadLetters: [letter] }));
    expect(log).toEqual(["dead letters", "output", "position 10"]);
  });

  test("waits for an asynchronous sink before anything becomes visible", async () => {
    let accept: () => void = () => undefined;
    const { commit, unit, log } = setUp(Infinity, () => new Promise((resolve) => (accept = resolve)));
    const wait = commit.commit(unit(1, ["a"], { deadLetters: [letter] }));
    await tick();
    expect(log).toEqual(["dead letters"]);

    accept();
    await wait;
    expect(log).toEqual(["dead letters", "output", "position 10"]);
  });

  test("fails when an asynchronous sink refuses, without any output", async () => {
    const { commit, unit, target, log } = setUp(Infinity, () => Promise.reject(new Error("full")));

    await expect(commit.commit(unit(1, ["a"], { deadLetters: [letter] }))).rejects.toThrow("full");
    expect([target.taken, log]).toEqual([[], ["dead letters"]]);
  });
});
