import { FakeClock } from "../clock/fake-clock.ts";
import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { FakeQueueDriver } from "./fake-queue-driver.ts";
import { queueContract } from "./queue-contract.ts";
import { queueBinding } from "./queue-subject.ts";
import { ScriptedQueue } from "./scripted-queue.ts";

// With an empty plan a scripted queue is as good as the one inside.
const driver = (): FakeQueueDriver =>
  new FakeQueueDriver({ wrap: (inner) => new ScriptedQueue(inner, [], new FakeClock()) });

describeContract(
  queueContract,
  queueBinding(driver, { capabilities: ["offer", "bytes"], turns: defaultTurns }),
);
