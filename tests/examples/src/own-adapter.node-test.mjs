/** The adapter of `examples/src/own-adapter`, as built, in front of its contracts, run by `node:test`. */
import { after } from "node:test";
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
  TurnScheduler,
  taskFactoryBinding,
  taskFactoryContract,
  virtualMachine,
} from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/node-test";

const driver = new IpcQueueDriver();
after(() => driver.close());

describeContract(
  queueContract,
  queueBinding(() => driver, {}),
);
describeContract(
  queueDriverContract,
  queueDriverBinding(() => driver, {}),
);
describeContract(
  taskFactoryContract,
  taskFactoryBinding(() => ({
    factory: new BackgroundTaskFactory(),
    machine: virtualMachine(new TurnScheduler()),
  })),
);
describeContract(routerContract, partitionerBinding(inRuns(3), { turns: defaultTurns }));
