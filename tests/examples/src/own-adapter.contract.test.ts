import { BackgroundTaskFactory } from "@sage-kernel/examples/own-adapter/background-tasks";
import { inRuns } from "@sage-kernel/examples/own-adapter/in-runs";
import { IpcQueueDriver } from "@sage-kernel/examples/own-adapter/ipc-queues";
import {
  defaultTurns,
  partitionerBinding,
  queueBinding,
  queueContract,
  queueDriverBinding,
  queueDriverContract,
  routerContract,
  simulatedMachine,
  TurnScheduler,
  taskFactoryBinding,
  taskFactoryContract,
  virtualMachine,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, describe } from "vitest";

const driver = new IpcQueueDriver(); // one server for all cases: their queues have names of their own
afterAll(() => driver.close());

describe("queues in another process", () => {
  const lacks = {
    offer: "whether there is room, the server knows",
    bytes: "records are counted, not weighed",
    crossProcess: "each driver has a server of its own",
  };
  describeContract(
    queueContract,
    queueBinding(() => driver, { lacks }),
  );
  describeContract(
    queueDriverContract,
    queueDriverBinding(() => driver, { lacks }),
  );
});

describe("tasks in the background", () => {
  const factory = new BackgroundTaskFactory();
  describe("one step in each turn", () => {
    describeContract(
      taskFactoryContract,
      taskFactoryBinding(() => ({ factory, machine: virtualMachine(new TurnScheduler()) })),
    );
  });
  describe("in an order that a seed decides", () => {
    describeContract(
      taskFactoryContract,
      taskFactoryBinding(() => ({ factory, machine: simulatedMachine(1) })),
    );
  });
});

describe("runs of three", () => {
  describeContract(routerContract, partitionerBinding(inRuns(3), { turns: defaultTurns }));
});
