import type { Host } from "../src/host/host.ts";
import type { Logger } from "../src/host/logger.port.ts";
import { MemoryMetrics } from "../src/host/memory-metrics.ts";
import { SeededRandom } from "../src/host/seeded-random.ts";

/** One turn of the event loop. */
const tick = () => new Promise<void>((resolve) => void setImmediate(resolve));
/** Lets everything that is ready run. */
export const settle = async () => {
  for (let i = 0; i < 10; i++) await tick();
};

/** A host whose time stands still, except that `fire` ends every sleep. */
export function createHost(): Host & { readonly fire: () => void } {
  const timers: (() => void)[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
  logger.child = () => logger;
  const idle = { cpuShare: 0, heapUsedBytes: 0, heapTotalBytes: 0, rssBytes: 0 };
  return {
    clock: {
      now: () => 0,
      monotonic: () => 0,
      setTimer: () => ({ clear: () => undefined }),
      sleep: () => new Promise((resolve) => timers.push(resolve)),
    },
    random: new SeededRandom(1),
    scheduler: { post: (step) => void setImmediate(() => step.run()), yield: tick },
    logger,
    ids: { next: (prefix) => `${prefix}-1` },
    metrics: new MemoryMetrics(),
    printer: { print() {} },
    process: {
      start() {},
      stop() {},
      sample: () => ({ ...idle, eventLoopDelayMs: { p50: 0, p99: 0, max: 0 } }),
    },
    logs: { open: () => ({ logger, close() {} }) },
    fire: () => {
      for (const wake of timers.splice(0)) wake();
    },
  };
}
