import {
  serviceTransportBinding,
  serviceTransportContract,
  simulatedMachine,
  type VirtualMachine,
  virtualMachine,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { describe } from "vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { LocalQueueDriver } from "./local-queue-driver.ts";

const on = (machine: () => VirtualMachine): void =>
  describeContract(
    serviceTransportContract,
    serviceTransportBinding(
      () => ({ machine: machine(), driver: ({ scheduler }) => new LocalQueueDriver(scheduler) }),
      { capabilities: ["virtual", "queueTime"] },
    ),
  );

describe("on the event loop", () => {
  on(() => virtualMachine(new EventLoopScheduler()));
});

describe.each([1, 2])("in the order of seed %i", (seed) => {
  on(() => simulatedMachine(seed));
});
