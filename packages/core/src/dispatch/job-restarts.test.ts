import { describe, expect, test } from "vitest";
import { SeededRandom } from "../host/seeded-random.ts";
import { faultRules } from "../task/on-error.ts";
import type { RestartStrategy } from "../task/restart-strategy.ts";
import { JobRestarts } from "./job-restarts.ts";

const fixed = (attempts: number): RestartStrategy => ({ kind: "fixedDelay", attempts, delayMs: 5 });

/** The restarts of a job: steps `own` and `never` have a strategy, the records of `asking` and `never` ask for them. */
function setUp(strategy?: RestartStrategy, seed = 1) {
  const functions = {
    restarts: new Map<string, RestartStrategy>([
      ["own", fixed(1)],
      ["never", "none"],
    ]),
    faults: new Map([
      ["plain", faultRules("fail")],
      ["asking", faultRules("restart")],
      ["never", faultRules("restart")],
    ]),
  };
  return new JobRestarts(functions, strategy, new SeededRandom(seed));
}

describe("who decides over the restarts of a task", () => {
  test("is nobody where neither its step nor the job says anything", () => {
    expect(setUp().of("plain", "plain#0")).toBeUndefined();
    expect(setUp("none").of("plain", "plain#0")).toBeUndefined();
  });

  test("is its step's strategy, which counts for each task by itself", () => {
    const restarts = setUp(fixed(9));
    const [first, second] = [restarts.of("own", "own#0"), restarts.of("own", "own#1")];

    expect([first?.failed(0), first?.failed(0), second?.failed(0)]).toEqual([5, undefined, 5]);
  });

  test("is the job's strategy where its step says nothing, which counts all such tasks together", () => {
    const restarts = setUp(fixed(2));
    const [first, second] = [restarts.of("plain", "plain#0"), restarts.of("asking", "asking#0")];

    expect([first?.failed(0), second?.failed(0), first?.failed(0)]).toEqual([5, 5, undefined]);
  });

  test("is nobody where its step says none, whatever the job and its records ask for", () => {
    expect(setUp(fixed(9)).of("never", "never#0")).toBeUndefined();
    expect(setUp().of("never", "never#0")).toBeUndefined();
  });

  test.each([undefined, "none" as const])(
    "is the default where its records ask for restarts and nobody says how (the job: %s)",
    (strategy) => {
      const restarts = setUp(strategy);
      const [first, second] = [restarts.of("asking", "asking#0"), restarts.of("asking", "asking#1")];
      for (let n = 0; n < 10; n++) expect(first?.failed(0)).toBeGreaterThan(0);

      expect([first?.failed(0), second?.failed(0)]).toEqual([undefined, expect.any(Number)]);
      expect(first?.describe()).toBe("exponential delay, 10 attempts");
    },
  );

  test("draws from a chance of its own: the same seed gives the same waits, and two tasks wait differently", () => {
    const waits = (task: string, seed: number) => {
      const policy = setUp(undefined, seed).of("asking", task);
      return [policy?.failed(0), policy?.failed(0)];
    };

    expect(waits("asking#0", 1)).toEqual(waits("asking#0", 1));
    expect(waits("asking#0", 1)).not.toEqual(waits("asking#1", 1));
    expect(waits("asking#0", 1)).not.toEqual(waits("asking#0", 2));
  });
});
