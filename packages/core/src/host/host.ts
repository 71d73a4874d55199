import type { AmbientContext } from "./ambient.port.ts";
import type { Clock } from "./clock.port.ts";
import type { IdSource } from "./ids.port.ts";
import type { LogFiles } from "./log-files.port.ts";
import type { Logger } from "./logger.port.ts";
import type { Metrics } from "./metrics.port.ts";
import type { Printer } from "./printer.port.ts";
import type { ProcessProbe } from "./process-probe.port.ts";
import type { Random } from "./random.port.ts";
import type { Scheduler } from "./scheduler.port.ts";

/** Everything the kernel needs from its machine. All nondeterminism flows through it. */
export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly ids: IdSource;
  readonly metrics: Metrics;
  readonly printer: Printer;
  readonly process: ProcessProbe;
  readonly logs: LogFiles;
  /** Left out where the machine has none. */
  readonly ambient?: AmbientContext | undefined;
}
