/** The task contract on the local adapter, as built, through the binder for `node:test`. */
import { EventLoopScheduler, EventLoopTaskFactory } from "@sage-kernel/adapter-local";
import { taskFactoryBinding, taskFactoryContract, virtualMachine } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/node-test";

describeContract(
  taskFactoryContract,
  taskFactoryBinding(() => ({
    factory: new EventLoopTaskFactory(),
    machine: virtualMachine(new EventLoopScheduler()),
  })),
);
