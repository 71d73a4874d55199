import {
  simulatedMachine,
  taskFactoryBinding,
  taskFactoryContract,
  type VirtualMachine,
  virtualMachine,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { describe } from "vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { EventLoopTaskFactory } from "./event-loop-tasks.ts";

const on = (machine: () => VirtualMachine): void =>
  describeContract(
    taskFactoryContract,
    taskFactoryBinding(() => ({ factory: new EventLoopTaskFactory(), machine: machine() })),
  );

describe("on the event loop", () => {
  on(() => virtualMachine(new EventLoopScheduler()));
});

describe.each([1, 2])("in the order of seed %i", (seed) => {
  on(() => simulatedMachine(seed));
});
