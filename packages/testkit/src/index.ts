export { clockMutants } from "./clock/clock.mutants.ts";
export { clockContract } from "./clock/clock-contract.ts";
export { type ClockSubject, fakeClockBinding, fakeClockSubject } from "./clock/clock-subject.ts";
export { FakeClock, settle } from "./clock/fake-clock.ts";
export { type ContractBinder, createBinder, type TestRunner } from "./contract/bind-contract.ts";
export {
  type CaseNames,
  type Contract,
  type ContractBinding,
  type ContractCase,
  type SubjectSource,
  whyNotApplicable,
} from "./contract/contract.ts";
export { type ContractSuite, type ContractSuiteOptions, contractSuite } from "./contract/contract-suite.ts";
export { contractsPage } from "./contract/contracts-page.ts";
export type { MissingPromise } from "./contract/missing-promises.ts";
export {
  type CaseVerdict,
  checkMutants,
  type Mutant,
  type MutantOptions,
  type MutantReport,
  type MutantVerdict,
  mutantsOf,
} from "./contract/mutant.ts";
export { defaultTurns, runCase, runDeviation, settledWithin } from "./contract/run-case.ts";
export { contractJobs } from "./control/contract-jobs.ts";
export { FakeJobChannel } from "./control/fake-job-channel.ts";
export { FakeJobHub, type FakeJobHubOptions } from "./control/fake-job-hub.ts";
export { jobChannelMutants } from "./control/job-channel.mutants.ts";
export { jobChannelContract } from "./control/job-channel-contract.ts";
export { fakeJobHubBinding, type JobChannelSubject } from "./control/job-channel-subject.ts";
export { jobControlMutants } from "./control/job-control.mutants.ts";
export { jobControlContract } from "./control/job-control-contract.ts";
export { type JobControlSubject, localControlBinding } from "./control/job-control-subject.ts";
export { queueDriverMutants } from "./descriptor/queue-driver.mutants.ts";
export { queueDriverContract } from "./descriptor/queue-driver-contract.ts";
export {
  fakeQueueDriverBinding,
  type JobQueues,
  type QueueDriverSubject,
  queueDriverBinding,
  queueDriverSubject,
} from "./descriptor/queue-driver-subject.ts";
export type { DisruptedQueueSubject, Disruption } from "./disruption/disruption.ts";
export { fakeNetworkBinding, queueDisruptionMutants } from "./disruption/queue-disruption.mutants.ts";
export { queueDisruptionContract } from "./disruption/queue-disruption-contract.ts";
export { FakeProcessProbe } from "./fake-process-probe.ts";
export { createFakes, type Fakes, registerFakes } from "./fakes.ts";
export { loggerMutants } from "./logger/logger.mutants.ts";
export { loggerContract } from "./logger/logger-contract.ts";
export {
  errorsOnly,
  type LoggerSubject,
  messagesOf,
  recordingLoggerBinding,
  type WrittenLine,
} from "./logger/logger-subject.ts";
export { realMachine, systemClock } from "./machine/real-machine.ts";
export {
  CountingScheduler,
  type SimulatedMachine,
  simulatedMachine,
  type VirtualMachine,
  virtualMachine,
} from "./machine/virtual-machine.ts";
export type { PlannedCrash } from "./pipeline/planned-crashes.ts";
export type { StepFigures } from "./pipeline/step-figures.ts";
export { TestInput } from "./pipeline/test-input.ts";
export {
  type RecordsOf,
  type TestOutputs,
  TestPipeline,
  type TestPipelineOptions,
} from "./pipeline/test-pipeline.ts";
export { FakeQueue } from "./queue/fake-queue.ts";
export { FakeQueueDriver, type FakeQueueDriverOptions, fakeQueueKind } from "./queue/fake-queue-driver.ts";
export { queueMutants } from "./queue/queue.mutants.ts";
export { queueContract } from "./queue/queue-contract.ts";
export { fakeQueueBinding } from "./queue/queue-mutant.ts";
export { type ByteLimits, type QueueSubject, queueBinding, queueSubject } from "./queue/queue-subject.ts";
export { faults, type QueueFault, type QueueOperation, ScriptedQueue } from "./queue/scripted-queue.ts";
export { RecordedLog, RecordingLogFiles } from "./recording-log-files.ts";
export { type LogLine, RecordingLogger } from "./recording-logger.ts";
export { type PrintedLine, RecordingPrinter } from "./recording-printer.ts";
export { routerMutants } from "./routing/router.mutants.ts";
export { routerContract } from "./routing/router-contract.ts";
export {
  builtInSpreads,
  byLength,
  coreRouterBinding,
  type EdgePlan,
  outputGroupBinding,
  partitionerBinding,
  type RouterParts,
  type RouterPlan,
  type RouterSubject,
  routerBinding,
  routerSubject,
  type Spread,
  type TestedRouter,
} from "./routing/router-subject.ts";
export { schedulerMutants } from "./scheduler/scheduler.mutants.ts";
export { schedulerContract } from "./scheduler/scheduler-contract.ts";
export {
  type SchedulerSubject,
  schedulerSubject,
  TurnScheduler,
  turnSchedulerBinding,
} from "./scheduler/scheduler-subject.ts";
export { SimScheduler } from "./scheduler/sim-scheduler.ts";
export { SequentialIds } from "./sequential-ids.ts";
export { encodedQueueDriver } from "./service/encoded-queue-driver.ts";
export {
  Answer,
  answers,
  type FakeAnswer,
  type FakeCall,
  FakeService,
  type FakeServiceOptions,
} from "./service/fake-service.ts";
export { serviceTransportMutants } from "./service/service-transport.mutants.ts";
export { serviceTransportContract } from "./service/service-transport-contract.ts";
export {
  fakeServiceBinding,
  plainServiceTaskFactory,
  type ServiceMachine,
  type ServicePlace,
  type ServiceTransportSubject,
  serviceTransportBinding,
} from "./service/service-transport-subject.ts";
export { ShiftedClock } from "./service/shifted-clock.ts";
export {
  type Fault,
  type FaultKind,
  type FaultLimits,
  type FaultSite,
  faultKinds,
  harmlessFaults,
  randomPlan,
  rollbackFaults,
} from "./simulation/fault.ts";
export type {
  RunOptions,
  RunResult,
  SimulatedJob,
  SimulationEnd,
} from "./simulation/run-simulation.ts";
export type { SimWorld, SimWorldOptions } from "./simulation/sim-world.ts";
export {
  replayVariable,
  SimulationError,
  type SimulationOptions,
  type SimulationReport,
  type SimulationSeed,
  simulate,
  simulationSeeds,
} from "./simulation/simulate.ts";
export { ChannelLog } from "./stop/channel-log.ts";
export { stopMutants } from "./stop/stop.mutants.ts";
export { stopContract } from "./stop/stop-contract.ts";
export { type PipelinePlace, plainStopBinding, type StopSubject, stopBinding } from "./stop/stop-subject.ts";
export { FakeCommit } from "./store/fake-commit.ts";
export { FakeStateStores, type FakeStoreParts } from "./store/fake-state-stores.ts";
export { FakeTaskRecord } from "./store/fake-task-record.ts";
export {
  type CommitFault,
  CrashError,
  type FaultPlan,
  FaultyStores,
  type FaultyStoresOptions,
  randomFaults,
} from "./store/faulty-stores.ts";
export { stateStoreMutants } from "./store/state-store.mutants.ts";
export { stateStoreContract } from "./store/state-store-contract.ts";
export { fakeStoreBinding } from "./store/store-mutant.ts";
export { type StateStoreSubject, type StorePlace, stateStoreBinding } from "./store/store-subject.ts";
export { contractSuites } from "./suites.ts";
export { taskFactoryMutants } from "./task/task-factory.mutants.ts";
export { taskFactoryContract } from "./task/task-factory-contract.ts";
export {
  PlainTaskFactory,
  plainTaskBinding,
  type TaskFactorySubject,
  type TaskPlace,
  taskFactoryBinding,
} from "./task/task-factory-subject.ts";
export {
  type ClusterProcess,
  type ClusterSettings,
  type ClusterWorkerOptions,
  WorkerCluster,
} from "./worker/worker-cluster.ts";
export { type WorkerJobs, workerJobs } from "./worker/worker-jobs.ts";
export { workersMutants } from "./worker/workers.mutants.ts";
export { workersContract } from "./worker/workers-contract.ts";
export { type WorkersParts, type WorkersSubject, workersBinding } from "./worker/workers-subject.ts";
