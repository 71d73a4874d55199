export {
  type Contract,
  type ContractBinding,
  type ContractCase,
  missingCapabilities,
  runCase,
} from "./contract.ts";
export { FakeClock, settle } from "./fake-clock.ts";
export { FakeProcessProbe } from "./fake-process-probe.ts";
export { createFakes, type Fakes, registerFakes } from "./fakes.ts";
export { queueContract } from "./queue/queue-contract.ts";
export type { QueueSubject } from "./queue/queue-subject.ts";
export { RecordedLog, RecordingLogFiles } from "./recording-log-files.ts";
export { type LogLine, RecordingLogger } from "./recording-logger.ts";
export { type PrintedLine, RecordingPrinter } from "./recording-printer.ts";
export { SequentialIds } from "./sequential-ids.ts";
export { SimScheduler } from "./sim-scheduler.ts";
