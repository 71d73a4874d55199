import { defaultTurns, queueDriverBinding, queueDriverContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { LocalQueueDriver } from "./local-queue-driver.ts";

describeContract(
  queueDriverContract,
  queueDriverBinding(() => new LocalQueueDriver(new EventLoopScheduler()), {
    lacks: { crossProcess: "its queues live in the memory of one process" },
    turns: defaultTurns,
  }),
);
