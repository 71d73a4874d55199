import {
  simulatedMachine,
  stopBinding,
  stopContract,
  type VirtualMachine,
  virtualMachine,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { describe } from "vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { EventLoopTaskFactory } from "./event-loop-tasks.ts";
import { LocalQueueDriver } from "./local-queue-driver.ts";

const on = (machine: () => VirtualMachine): void =>
  describeContract(
    stopContract,
    stopBinding(() => ({
      factory: new EventLoopTaskFactory(),
      machine: machine(),
      driver: (scheduler) => new LocalQueueDriver(scheduler),
    })),
  );

describe("on the event loop", () => {
  on(() => virtualMachine(new EventLoopScheduler()));
});

describe.each([1, 2])("in the order of seed %i", (seed) => {
  on(() => simulatedMachine(seed));
});
