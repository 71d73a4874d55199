import type { Batch, CommitOutcome, StateStoreFactory } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { FakeCommit } from "../store/fake-commit.ts";
import { FakeStateStores } from "../store/fake-state-stores.ts";
import type { Fault, FaultKind } from "./fault.ts";
import type { SimulatedJob } from "./run-simulation.ts";
import type { SimWorld } from "./sim-world.ts";
import { type SimulationError, type SimulationOptions, simulate, simulationSeeds } from "./simulate.ts";

const restart = { kind: "fixedDelay", attempts: 100, delayMs: 1 } as const;

/** Numbers that are doubled, over a keyed step. */
function doubling(world: SimWorld, numbers = [1, 2, 3, 4, 5, 6, 7, 8]): SimulatedJob {
  const env = world.env();
  const doubled = env
    .fromBatch(numbers)
    .keyBy((n) => n % 3)
    .map((n) => 2 * n, { parallelism: 2 })
    .collect();
  return {
    env,
    submit: { maxBatch: 2, restart },
    check: ({ job }) =>
      expect([...job.collected(doubled)].sort((a, b) => a - b)).toEqual(numbers.map((n) => 2 * n)),
  };
}

const failureOf = async (options: SimulationOptions): Promise<SimulationError> => {
  const error: unknown = await simulate(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "SimulationError" });
  return error as SimulationError;
};

describe("a simulation", () => {
  it("says the same of the same seed, and something else of another one", async () => {
    const [first, again, other] = await Promise.all([
      simulate({ seed: 1, build: doubling }),
      simulate({ seed: 1, build: doubling }),
      simulate({ seed: 2, build: doubling }),
    ]);

    expect(again).toEqual(first);
    expect(other.trace).not.toBe(first.trace);
    expect(first.events).toBeGreaterThan(20);
  });

  it.each<FaultKind>([
    "delayPut",
    "slowTake",
    "crashBefore",
    "crashAfter",
    "lostRequest",
    "lostReply",
    "late",
    "ghost",
    "zombie",
    "clockJump",
  ])("survives %s at each of its first ten events, and tells that it has struck", async (kind) => {
    let struck = 0;
    for (let nth = 1; nth <= 10; nth++) {
      const report = await simulate({ seed: nth, build: doubling, faults: [{ kind, nth, ms: 7 }] });
      struck += report.struck.length;
    }
    expect(struck).toBeGreaterThan(4);
  });

  it("survives a store that cannot be reached when a task is restarted", async () => {
    const faults: Fault[] = [
      { kind: "crashBefore", nth: 3 },
      { kind: "failOpen", nth: 1 },
      { kind: "failOpen", nth: 2 },
    ];
    const { struck } = await simulate({ seed: 1, build: doubling, faults });

    expect(struck).toEqual(faults);
  });

  it("finds what is wrong with a result, and takes the faults away that have no part in it", async () => {
    let attempts = 0;
    const build = (world: SimWorld): SimulatedJob => {
      const env = world.env();
      const seen: number[] = [];
      attempts++;
      env.fromBatch([1, 2, 3, 4]).sink((n) => void seen.push(n)); // told again after a crash
      return { env, submit: { maxBatch: 1, restart }, check: () => expect(seen).toEqual([1, 2, 3, 4]) };
    };
    const faults: Fault[] = [
      { kind: "delayPut", nth: 1, ms: 20 },
      { kind: "slowTake", nth: 2, ms: 20 },
      { kind: "lostReply", nth: 1 },
      ...[4, 5, 6, 7, 8, 9].map((nth): Fault => ({ kind: "crashBefore", nth })),
      { kind: "late", nth: 10 },
    ];
    const error = await failureOf({ seed: 3, build, faults, command: "run it" });

    expect(error.faults.length).toBe(1);
    expect(error.faults[0]?.kind).toBe("crashBefore");
    expect(error.message).toContain("the simulation with seed 3 failed: expected");
    expect(error.message).toContain(
      `SAGE_SIMULATION='${JSON.stringify({ seed: 3, faults: error.faults })}' run it`,
    );
    expect(attempts).toBeLessThan(30);
  });

  it("finds what does not go the same way twice", async () => {
    let runs = 0;
    const error = await failureOf({ seed: 1, build: (world) => doubling(world, [1, 2, 3, 4 + runs++]) });

    expect(error.message).toContain("it ran differently the second time");
  });

  it("shows a deadlock as who waits for whom", async () => {
    class Stuck extends FakeQueue {
      override advance(): void {} // never any room
    }
    const driver = () => new FakeQueueDriver({ create: (descriptor) => new Stuck(descriptor) });
    const error = await failureOf({ seed: 1, build: doubling, driver, core: { queueCapacity: 2 } });

    expect(error.message).toContain("deadlock");
    expect(error.message).toMatch(/\S+#\d -> \S+#\d \(room in /);
    expect(error.message).toMatch(/\S+#\d -> \S+#\d \(its records or its end\)/);
  });

  it("gives up a run that goes on and on", async () => {
    const build = (world: SimWorld): SimulatedJob => {
      const env = world.env();
      env.fromSource(() => undefined, { idleMs: 1 }).run();
      return { env };
    };
    const error = await failureOf({ seed: 1, build, maxSteps: 500 });

    expect(error.message).toContain("did not end within 500 steps");
  });

  it.each<[string, string, Pick<SimulationOptions, "driver" | "stores">]>([
    ["a queue that holds too much", "and its capacity is", { driver: queues(Boundless) }],
    ["a queue that gives the last first", "comes out with", { driver: queues(Reversed) }],
    ["a store that forgets who owns a task", "owns the task", { stores: unfenced() }],
    ["a store that says twice that it has applied a unit", "is applied twice", { stores: forgetful() }],
  ])("finds %s", async (_, said, parts) => {
    const faults: Fault[] = [
      ...[5, 6, 7, 8].map((nth): Fault => ({ kind: "zombie", nth, ms: 3 })),
      { kind: "lostReply", nth: 10 },
      ...Array.from({ length: 40 }, (_, n): Fault => ({ kind: "slowTake", nth: n + 1, ms: 10 })),
    ];
    const core = { queueCapacity: 2 };
    const error = await failureOf({ seed: 2, build: doubling, faults, core, shrink: false, ...parts });

    expect(error.message).toContain(said);
  });

  it("leaves no timer, no open operator and no reader behind, or says so", async () => {
    const build = (world: SimWorld): SimulatedJob => {
      world.clock.setTimer(1_000_000, () => undefined);
      return doubling(world);
    };
    const error = await failureOf({ seed: 1, build });

    expect(error.message).toContain("1 timers are left");
  });

  it("runs all seeds, or the one that it is asked to run again", () => {
    expect(simulationSeeds(3, undefined)).toEqual([{ seed: 0 }, { seed: 1 }, { seed: 2 }]);
    const one = { seed: 17, faults: [{ kind: "late", nth: 2 }] };
    expect(simulationSeeds(3, JSON.stringify(one))).toEqual([one]);
  });
});

function queues(Queue: typeof FakeQueue): () => FakeQueueDriver {
  return () => new FakeQueueDriver({ create: (descriptor) => new Queue(descriptor) });
}

class Boundless extends FakeQueue {
  protected override fits(): boolean {
    return true;
  }
}

class Reversed extends FakeQueue {
  protected override append(elements: Batch[]): void {
    super.append([...elements].reverse());
  }
}

/** Stores in which an earlier incarnation may go on writing. */
function unfenced(): StateStoreFactory {
  class Unfenced extends FakeCommit {
    protected override isFenced(): boolean {
      return false;
    }
  }
  return new FakeStateStores({ commit: (record, scope) => new Unfenced(record, scope) });
}

/** Stores that say of each unit that they have applied it now. */
function forgetful(): StateStoreFactory {
  class Forgetful extends FakeCommit {
    protected override downstream(): CommitOutcome {
      return super.downstream("applied");
    }
  }
  return new FakeStateStores({ commit: (record, scope) => new Forgetful(record, scope) });
}
