import { clockMutants } from "./clock/clock.mutants.ts";
import { clockContract } from "./clock/clock-contract.ts";
import { fakeClockBinding } from "./clock/clock-subject.ts";
import { type ContractSuite, contractSuite } from "./contract/contract-suite.ts";
import {
  missingControlPromises,
  missingDriverPromises,
  missingQueuePromises,
  missingRouterPromises,
  missingServicePromises,
  missingStorePromises,
  missingTaskPromises,
} from "./contract/missing-promises.ts";
import { jobChannelMutants } from "./control/job-channel.mutants.ts";
import { jobChannelContract } from "./control/job-channel-contract.ts";
import { fakeJobHubBinding } from "./control/job-channel-subject.ts";
import { jobControlMutants } from "./control/job-control.mutants.ts";
import { jobControlContract } from "./control/job-control-contract.ts";
import { localControlBinding } from "./control/job-control-subject.ts";
import { queueDriverMutants } from "./descriptor/queue-driver.mutants.ts";
import { queueDriverContract } from "./descriptor/queue-driver-contract.ts";
import { fakeQueueDriverBinding } from "./descriptor/queue-driver-subject.ts";
import { fakeNetworkBinding, queueDisruptionMutants } from "./disruption/queue-disruption.mutants.ts";
import { queueDisruptionContract } from "./disruption/queue-disruption-contract.ts";
import { loggerMutants } from "./logger/logger.mutants.ts";
import { loggerContract } from "./logger/logger-contract.ts";
import { recordingLoggerBinding } from "./logger/logger-subject.ts";
import { queueMutants } from "./queue/queue.mutants.ts";
import { queueContract } from "./queue/queue-contract.ts";
import { fakeQueueBinding } from "./queue/queue-mutant.ts";
import { routerMutants } from "./routing/router.mutants.ts";
import { routerContract } from "./routing/router-contract.ts";
import { coreRouterBinding } from "./routing/router-subject.ts";
import { schedulerMutants } from "./scheduler/scheduler.mutants.ts";
import { schedulerContract } from "./scheduler/scheduler-contract.ts";
import { turnSchedulerBinding } from "./scheduler/scheduler-subject.ts";
import { serviceTransportMutants } from "./service/service-transport.mutants.ts";
import { serviceTransportContract } from "./service/service-transport-contract.ts";
import { fakeServiceBinding } from "./service/service-transport-subject.ts";
import { stopMutants } from "./stop/stop.mutants.ts";
import { stopContract } from "./stop/stop-contract.ts";
import { plainStopBinding } from "./stop/stop-subject.ts";
import { stateStoreMutants } from "./store/state-store.mutants.ts";
import { stateStoreContract } from "./store/state-store-contract.ts";
import { fakeStoreBinding } from "./store/store-mutant.ts";
import { taskFactoryMutants } from "./task/task-factory.mutants.ts";
import { taskFactoryContract } from "./task/task-factory-contract.ts";
import { plainTaskBinding } from "./task/task-factory-subject.ts";
import { workersMutants } from "./worker/workers.mutants.ts";
import { workersContract } from "./worker/workers-contract.ts";
import { workersBinding } from "./worker/workers-subject.ts";

/**
 * Every contract with its mutants; `pnpm contracts` goes through this list.
 *
 * A further contract takes four files in the folder of its concept and one line here:
 * `x-subject.ts` (what the cases need of an implementation, and a binding of a correct reference), `x-contract.ts`
 * (the cases), `x.mutants.ts` (the reference, wrong in one place each) and `x.mutants.test.ts` (`describeMutants`).
 * A test finds a contract that `index.ts` exports and that is missing here.
 */
export const contractSuites: readonly ContractSuite[] = [
  contractSuite(queueContract, queueMutants, {
    about: "The inbox of one task: a bounded queue that many channels feed and one consumer reads.",
    reference: fakeQueueBinding,
    missing: missingQueuePromises,
  }),
  contractSuite(queueDriverContract, queueDriverMutants, {
    about: "Opens the queues that descriptors name.",
    reference: fakeQueueDriverBinding,
    missing: missingDriverPromises,
  }),
  contractSuite(queueDisruptionContract, queueDisruptionMutants, {
    about:
      "What a queue promises whose server can be lost and found again; for adapters that have a network.",
    reference: fakeNetworkBinding,
  }),
  contractSuite(routerContract, routerMutants, {
    about: "Spreads the outputs of a task over the instances of the steps behind it; partitioners say how.",
    reference: coreRouterBinding,
    missing: missingRouterPromises,
  }),
  contractSuite(taskFactoryContract, taskFactoryMutants, {
    about: "Makes tasks, and so decides where their loops run.",
    reference: plainTaskBinding,
    turns: 20_000,
    missing: missingTaskPromises,
  }),
  contractSuite(stateStoreContract, stateStoreMutants, {
    about: "Keeps what tasks have committed: position, outputs, state, dead letters and counts in one step.",
    reference: fakeStoreBinding,
    missing: missingStorePromises,
  }),
  contractSuite(stopContract, stopMutants, {
    about: "How pipelines end, over a driver's queues and a factory's tasks.",
    reference: plainStopBinding,
    turns: 20_000,
  }),
  contractSuite(serviceTransportContract, serviceTransportMutants, {
    about: "Calls of services over a driver's queues: requests, replies, cancellations, deadlines.",
    reference: fakeServiceBinding,
    turns: 20_000,
    missing: missingServicePromises,
  }),
  contractSuite(jobChannelContract, jobChannelMutants, {
    about:
      "Where managers of jobs, their clients and workers meet: seats with one holder each, and messages.",
    reference: fakeJobHubBinding,
  }),
  contractSuite(jobControlContract, jobControlMutants, {
    about: "Controls jobs by their names and ids, in their process or over a channel.",
    reference: localControlBinding,
    turns: 20_000,
    missing: missingControlPromises,
  }),
  contractSuite(workersContract, workersMutants, {
    about: "Jobs whose tasks and services live in workers, over an adapter's queues, store and channel.",
    reference: workersBinding(),
    turns: 20_000,
  }),
  contractSuite(clockContract, clockMutants, {
    about: "Time of day, monotonic time, timers and sleeps.",
    reference: fakeClockBinding,
  }),
  contractSuite(loggerContract, loggerMutants, {
    about: "Structured logging: lines with a level, a message and JSON fields.",
    reference: recordingLoggerBinding(),
  }),
  contractSuite(schedulerContract, schedulerMutants, {
    about: "The order in which the steps of tasks run.",
    reference: turnSchedulerBinding,
    turns: 10_000,
  }),
];
