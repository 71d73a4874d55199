import { defaultTurns } from "../contract/run-case.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { describeContract } from "../vitest.ts";
import { queueDriverContract } from "./queue-driver-contract.ts";
import { fakeQueueDriverBinding, queueDriverBinding } from "./queue-driver-subject.ts";

describeContract(queueDriverContract, { ...fakeQueueDriverBinding, turns: defaultTurns });

describeContract(
  { ...queueDriverContract, name: "QueueDriver without a server" },
  queueDriverBinding(() => new FakeQueueDriver(), {
    lacks: { crossProcess: "its queues are its own" },
    turns: defaultTurns,
  }),
);
