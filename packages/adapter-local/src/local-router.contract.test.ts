import { builtInSpreads, byLength, defaultTurns, routerBinding, routerContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { LocalQueueDriver } from "./local-queue-driver.ts";

describeContract(
  routerContract,
  routerBinding(
    () => ({
      driver: new LocalQueueDriver(new EventLoopScheduler()),
      strategies: builtInSpreads,
      partitioner: byLength,
    }),
    { capabilities: [...Object.keys(builtInSpreads), "strict"], turns: defaultTurns },
  ),
);
