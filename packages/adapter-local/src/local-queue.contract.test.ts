import { QueueDescriptor } from "@sage-kernel/core/spi";
import { type QueueSubject, queueContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { LocalQueueDriver, localQueueKind } from "./local-queue-driver.ts";

describeContract<QueueSubject>(queueContract, {
  capabilities: ["offer"],
  open({ caseId, runId }) {
    const driver = new LocalQueueDriver(new EventLoopScheduler());
    return {
      open: (name, capacity) =>
        driver.open(
          new QueueDescriptor({ kind: localQueueKind, id: `${caseId}/${runId}/${name}`, capacity }),
        ),
    };
  },
});
