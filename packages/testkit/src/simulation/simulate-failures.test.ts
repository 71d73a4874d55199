import type { Batch, CommitOutcome, StateStoreFactory } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { doubling, failureOf, restart } from "../../test-support/doubling.ts";
import { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { FakeCommit } from "../store/fake-commit.ts";
import { FakeStateStores } from "../store/fake-state-stores.ts";
import type { Fault } from "./fault.ts";
import type { SimulatedJob } from "./run-simulation.ts";
import type { SimWorld } from "./sim-world.ts";
import type { SimulationOptions } from "./simulate.ts";

describe("a simulation", () => {
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

  it("finds a check that fails the second time alone, and state that comes out of chance", async () => {
    let runs = 0;
    const flaky = (world: SimWorld): SimulatedJob => ({
      ...doubling(world),
      check: () => expect(++runs).not.toBe(2),
    });
    const chance = (world: SimWorld): SimulatedJob => {
      const env = world.env();
      const { random } = Math;
      env
        .fromBatch([1, 2])
        .keyBy(() => "all")
        .map((n, { state }) => {
          state.value<number>("x").update(() => random());
          return n;
        })
        .run();
      return { env };
    };

    for (const build of [flaky, chance])
      expect((await failureOf({ seed: 1, build })).message).toContain("it ran differently the second time");
  });

  it("says what went wrong first, whatever the end says to it, and keeps to that while it takes faults away", async () => {
    const build = (world: SimWorld): SimulatedJob => {
      world.runtime.close = () => Promise.reject(new Error("the end failed, too"));
      return {
        ...doubling(world),
        check: ({ struck }) => {
          if (struck.length > 1) throw new Error("records are lost");
          if (struck.length > 0) throw new Error("something else");
        },
      };
    };
    const faults: Fault[] = [3, 4, 5, 6].map((nth) => ({ kind: "slowTake", nth, ms: 2 }));
    const error = await failureOf({ seed: 1, build, faults });

    expect(error.message).toContain("failed: records are lost");
    expect(error.faults.length).toBe(2);
  });

  it("finds what goes on and on behind the end", async () => {
    const build = (world: SimWorld): SimulatedJob => {
      const goOn = async (): Promise<void> => {
        for (let n = 0; n < 1_000_000; n++) await world.scheduler.yield();
      };
      void goOn();
      return doubling(world);
    };
    expect((await failureOf({ seed: 1, build })).message).toContain("something goes on and on");
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
