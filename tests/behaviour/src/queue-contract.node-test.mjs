/** The queue contract on the local adapter, as built, through the binder for `node:test`. */
import { EventLoopScheduler, LocalQueueDriver } from "@sage-kernel/adapter-local";
import {
  defaultTurns,
  fakeQueueBinding,
  queueBinding,
  queueContract,
  queueMutants,
} from "@sage-kernel/testkit";
import { describeContract, describeMutants } from "@sage-kernel/testkit/node-test";

const driver = () => new LocalQueueDriver(new EventLoopScheduler());
describeContract(queueContract, queueBinding(driver, { capabilities: ["offer"], turns: defaultTurns }));

// One mutant is enough to see that the binder takes them; vitest runs them all.
const one = queueMutants.filter(({ id }) => id === "QM-23");
describeMutants({ name: "Queue", cases: queueContract.cases.filter(({ id }) => id === "Q-14") }, one, {
  reference: fakeQueueBinding,
});
