import { replayVariable, rollbackFaults } from "@sage-kernel/testkit";
import { describe, expect, it } from "vitest";
import { simulateSeeds, simulationTimeoutMs } from "./support/random-pipeline/simulate-seeds.ts";

describe("any pipeline over a store that loses commits which it has answered", () => {
  it(
    "ends, gives what a sequential model gives, and keeps every promise that leaves the store",
    async () => {
      const lost = await simulateSeeds(60, "simulations-with-rollback", {
        rollback: true,
        limits: { kinds: rollbackFaults, most: 8, within: 150 },
        // A record that is made again has no attempts behind it, and the kernel still knows its restarts.
        plan: ({ steps, how }) => ({ steps: steps.map((step) => ({ ...step, restarts: 0 })), how }),
      });

      if (process.env[replayVariable] === undefined) expect(lost).toBeGreaterThan(20);
    },
    simulationTimeoutMs,
  );
});
