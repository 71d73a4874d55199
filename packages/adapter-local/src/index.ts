export { EventLoopScheduler } from "./event-loop-scheduler.ts";
export { EventLoopTaskFactory } from "./event-loop-tasks.ts";
export { createLocalRuntime, type LocalOptions, local, registerLocal } from "./local.ts";
export { LocalQueue } from "./local-queue.ts";
export { LocalQueueDriver, localQueueKind } from "./local-queue-driver.ts";
export { createPinoLogger, type LogLevel, PinoLogger } from "./pino-logger.ts";
export { SystemClock } from "./system-clock.ts";
export { UuidSource } from "./uuid-source.ts";
