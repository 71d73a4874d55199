export type { LogLevel } from "@sage-kernel/core";
export {
  bindRuntimeContext,
  callService,
  callServiceAsync,
  service,
} from "./bind-runtime-context.ts";
export { jobManagerCommand, workerCommand } from "./commands.ts";
export { ConsolePrinter } from "./console-printer.ts";
export { type CheckedDeployment, checkDeployment, type Deployment, defineDeployment } from "./deployment.ts";
export { EventLoopScheduler } from "./event-loop-scheduler.ts";
export { EventLoopTaskFactory } from "./event-loop-tasks.ts";
export { createLocalRuntime, type LocalOptions, local, registerLocal } from "./local.ts";
export { LocalQueueDriver, localQueueKind } from "./local-queue-driver.ts";
export { NodeAmbient } from "./node-ambient.ts";
export { NodeProcessProbe, type ProcessReadings } from "./node-process-probe.ts";
export { PinoLogFiles } from "./pino-log-files.ts";
export { createPinoLogger, type LogLines, PinoLogger } from "./pino-logger.ts";
export { type ProcessEnds, runJobManager, runWorker } from "./run-process.ts";
export { type SignalStop, type StopOnSignalsOptions, stopOnSignals } from "./stop-on-signals.ts";
export { SystemClock } from "./system-clock.ts";
export { UuidSource } from "./uuid-source.ts";
