import type { EnvironmentLog, EnvironmentLogOptions, LogFiles } from "@sage-kernel/core/spi";
import { RecordingLogger } from "./recording-logger.ts";

/** A log that was opened, in memory: it keeps lines of every level, whatever its options. */
export class RecordedLog implements EnvironmentLog {
  /** What it was opened with. */
  readonly options: EnvironmentLogOptions;
  /** Keeps the lines. */
  readonly logger = new RecordingLogger();
  #closed = false;

  constructor(options: EnvironmentLogOptions) {
    this.options = options;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }
}

/** Keeps every log that was opened, in `opened`. */
export class RecordingLogFiles implements LogFiles {
  /** The logs so far, oldest first. */
  readonly opened: RecordedLog[] = [];

  open(options: EnvironmentLogOptions): RecordedLog {
    const log = new RecordedLog(options);
    this.opened.push(log);
    return log;
  }
}
