import type { Host } from "../src/host/host.ts";
import type { LogFields, Logger, LogMessage } from "../src/host/logger.port.ts";
import { MemoryMetrics } from "../src/host/memory-metrics.ts";
import type { Runnable, Scheduler } from "../src/host/scheduler.port.ts";
import { SeededRandom } from "../src/host/seeded-random.ts";
import { ManualClock } from "./manual-clock.ts";

/** One turn of the event loop. */
export const tick = () => new Promise<void>((resolve) => void setImmediate(resolve));
/** Lets everything that is ready run. */
export const settle = async () => {
  for (let i = 0; i < 10; i++) await tick();
};

/** Runs each posted step in a turn of the event loop of its own, and knows when none is left. */
export class TurnScheduler implements Scheduler {
  readonly yield = tick;
  #posted = 0;

  post(step: Runnable): void {
    this.#posted++;
    setImmediate(() => {
      this.#posted--;
      step.run();
    });
  }

  /** Resolves when nothing is posted and no promise is ready any more. */
  async settled(): Promise<void> {
    do await tick();
    while (this.#posted > 0);
    await tick();
    if (this.#posted > 0) await this.settled();
  }
}

/** A logger that keeps its warnings and errors. */
export function createLogger() {
  const lines: {
    readonly level: string;
    readonly message: string;
    readonly fields: LogFields | undefined;
  }[] = [];
  const write = (level: string) => (message: LogMessage, fields?: LogFields) =>
    void lines.push({ level, message: typeof message === "string" ? message : message(), fields });
  const logger: Logger = {
    debug() {},
    info() {},
    warn: write("warn"),
    error: write("error"),
    child: () => logger,
  };
  return { logger, lines };
}

/** A host whose time stands still until the test moves it. */
export function createHost(): Host & {
  readonly clock: ManualClock;
  readonly scheduler: TurnScheduler;
  readonly lines: ReturnType<typeof createLogger>["lines"];
} {
  const { logger, lines } = createLogger();
  const idle = { cpuShare: 0, heapUsedBytes: 0, heapTotalBytes: 0, rssBytes: 0 };
  let ids = 0;
  return {
    clock: new ManualClock(),
    random: new SeededRandom(1),
    scheduler: new TurnScheduler(),
    logger,
    lines,
    ids: { next: (prefix) => `${prefix}-${++ids}` },
    metrics: new MemoryMetrics(),
    printer: { print() {} },
    process: {
      start() {},
      stop() {},
      sample: () => ({ ...idle, eventLoopDelayMs: { p50: 0, p99: 0, max: 0 } }),
    },
    logs: { open: () => ({ logger, close() {} }) },
  };
}
