import { defaultTurns, queueBinding, queueContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { LocalQueueDriver } from "./local-queue-driver.ts";

describeContract(
  queueContract,
  queueBinding(() => new LocalQueueDriver(new EventLoopScheduler()), {
    capabilities: ["offer"],
    lacks: { bytes: "records stay objects in memory, so they have no size in bytes" },
    turns: defaultTurns,
  }),
);
