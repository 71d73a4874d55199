import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import { describe, it } from "vitest";
import { simulateSeeds, simulationTimeoutMs } from "./support/random-pipeline/simulate-seeds.ts";

describe("any pipeline under any plan of faults, over local queues", () => {
  it(
    "ends, gives what a sequential model gives, keeps every promise on the way, and does so again",
    () =>
      simulateSeeds(140, "simulations-on-local", {
        driver: (scheduler) => new LocalQueueDriver(scheduler),
      }),
    simulationTimeoutMs,
  );
});
