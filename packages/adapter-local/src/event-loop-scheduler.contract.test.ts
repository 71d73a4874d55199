import { schedulerContract, schedulerSubject } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";

describeContract(schedulerContract, {
  capabilities: ["ordered", "eventLoop"],
  open: () => schedulerSubject(new EventLoopScheduler()),
});
