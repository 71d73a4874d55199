import { randomInt } from "node:crypto";
import type { Runtime } from "@sage-kernel/core";
import {
  type Adapter,
  type Container,
  type CoreOptions,
  createRuntime,
  parseOptions,
  type Token,
  tokens,
} from "@sage-kernel/core/di";
import { MemoryMetrics, type Scheduler, SeededRandom } from "@sage-kernel/core/spi";
import * as z from "zod";
import { ConsolePrinter } from "./console-printer.ts";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";
import { EventLoopTaskFactory } from "./event-loop-tasks.ts";
import { LocalQueueDriver } from "./local-queue-driver.ts";
import { logLevels } from "./log-level.ts";
import { NodeAmbient } from "./node-ambient.ts";
import { NodeProcessProbe } from "./node-process-probe.ts";
import { PinoLogFiles } from "./pino-log-files.ts";
import { createPinoLogger } from "./pino-logger.ts";
import { SystemClock } from "./system-clock.ts";
import { UuidSource } from "./uuid-source.ts";

const localSchema = z.strictObject({
  /** Logging to standard error. */
  log: z
    .strictObject({
      /** Least level of a line that is written. */
      level: z.enum(logLevels).default("warn"),
    })
    .default({ level: "warn" }),
  /** Seed of all chance in the runtime; by default it differs in each process. */
  seed: z.int().min(0).max(0xffffffff).optional(),
});

/** Options of the local adapter. */
export type LocalOptions = z.input<typeof localSchema>;

/**
 * Registers everything that one process needs: queues in memory, tasks on the event loop, the system's clock, chance,
 * ids, pino logs on standard error and in files, and what the process prints and uses.
 *
 * @throws SageError `INVALID_OPTION` naming the path.
 */
export function registerLocal(container: Container, options: LocalOptions = {}): void {
  const { log, seed } = parseOptions(localSchema, options);
  const provide = <T>(token: Token<T>, create: () => T): void => {
    let instance: T | undefined;
    container.register(token, { useFactory: () => (instance ??= create()) });
  };
  provide(tokens.clock, () => new SystemClock());
  provide(tokens.random, () => new SeededRandom(seed ?? randomInt(2 ** 32)));
  provide(tokens.scheduler, () => new EventLoopScheduler());
  provide(tokens.logger, () => createPinoLogger(log.level));
  provide(tokens.ids, () => new UuidSource());
  provide(tokens.metrics, () => new MemoryMetrics());
  provide(tokens.printer, () => new ConsolePrinter());
  provide(tokens.processProbe, () => new NodeProcessProbe());
  provide(tokens.logFiles, () => new PinoLogFiles(log.level));
  provide(tokens.taskFactory, () => new EventLoopTaskFactory());
  provide(tokens.ambient, () => new NodeAmbient());
  container.register(tokens.queueDriver, {
    useFactory: (scope) => new LocalQueueDriver(scope.resolve<Scheduler>(tokens.scheduler)),
  });
}

/**
 * The local adapter, for `createRuntime({ adapters: [local()] })`.
 *
 * @throws SageError `INVALID_OPTION` naming the path.
 */
export function local(options: LocalOptions = {}): Adapter {
  parseOptions(localSchema, options);
  return { name: "local", register: (container) => registerLocal(container, options) };
}

/**
 * A runtime in this process alone: `createRuntime` with the local adapter.
 *
 * @throws SageError `INVALID_OPTION` naming the path.
 */
export async function createLocalRuntime(options: LocalOptions & CoreOptions = {}): Promise<Runtime> {
  const { log, seed, ...core } = options;
  const chosen = { ...(log === undefined ? {} : { log }), ...(seed === undefined ? {} : { seed }) };
  return createRuntime({ ...core, adapters: [local(chosen)] });
}
