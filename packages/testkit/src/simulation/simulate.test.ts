import { describe, expect, it } from "vitest";
import { doubling } from "../../test-support/doubling.ts";
import type { Fault, FaultKind } from "./fault.ts";
import type { SimulatedJob } from "./run-simulation.ts";
import type { SimWorld } from "./sim-world.ts";
import { simulate, simulationSeeds } from "./simulate.ts";

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

  it("lets a reply fail where it is planned, and tells of no fault that has not struck", async () => {
    const calls = (world: SimWorld): SimulatedJob => {
      const env = world.env();
      const ref = env.registerService("s", () => ({ process: (n: number) => n }), { timeoutMs: 50 });
      env
        .fromBatch([1])
        .map((n, ctx) => ctx.callService(ref, n), { onError: "skip" })
        .run();
      return { env };
    };
    const outcome = async (fault: Fault) => {
      let skipped = -1;
      const build = (world: SimWorld): SimulatedJob => ({
        ...calls(world),
        check: ({ report }) => {
          skipped = report.ledger.skipped;
        },
      });
      const { struck } = await simulate({ seed: 1, build, faults: [fault] });
      return [struck.length, skipped];
    };

    expect(await outcome({ kind: "failReply", nth: 1 })).toEqual([0, 0]); // the request
    expect(await outcome({ kind: "failReply", nth: 2 })).toEqual([1, 1]); // its reply
    expect(await outcome({ kind: "loseMessage", nth: 1 })).toEqual([1, 1]);
    expect(await outcome({ kind: "repeatMessage", nth: 1 })).toEqual([1, 0]);
    expect(await outcome({ kind: "rollback", nth: 2, commits: 3 })).toEqual([0, 0]);
  });

  it("refuses faults that there are none of", async () => {
    const faults = [{ kind: "earthquake", nth: 1 }] as never;
    await expect(simulate({ seed: 1, build: doubling, faults })).rejects.toThrow(
      'there is no fault "earthquake"',
    );
  });

  it("loses commits that were answered, and comes to the same", async () => {
    let lost = 0;
    for (let nth = 2; nth < 20; nth++) {
      const faults: Fault[] = [{ kind: "rollback", nth, commits: 5 }];
      const { lostCommits, struck } = await simulate({ seed: nth, build: doubling, faults, rollback: true });
      expect(struck.length).toBe(lostCommits > 0 ? 1 : 0);
      lost += lostCommits;
    }
    expect(lost).toBeGreaterThan(5);
  });

  it("runs all seeds, or the one that it is asked to run again", () => {
    expect(simulationSeeds(3, undefined)).toEqual([{ seed: 0 }, { seed: 1 }, { seed: 2 }]);
    const one = { seed: 17, faults: [{ kind: "late", nth: 2 }] };
    expect(simulationSeeds(3, JSON.stringify(one))).toEqual([one]);
  });
});
