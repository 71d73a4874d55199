import type { Logger } from "./logger.port.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** Least level of a line that is written. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** How an environment logs. */
export interface EnvironmentLogOptions {
  /**
   * Where its log files go: `<task>.log` for the lines of a task, `dispatcher.log` for all others, and `error.log` for
   * the errors of both once more. It is created with the first line, and may be shared. Without it there are no files.
   */
  readonly folder?: string;
  /** Least level of a line on the console. By default the runtime's. */
  readonly level?: LogLevel;
  /** Least level of a line in the files. Default `info`. */
  readonly fileLevel?: Exclude<LogLevel, "silent">;
}

/** An environment's own log. */
export interface EnvironmentLog {
  /**
   * Writes to the console and to the files, one JSON line each. A line is a task's when it or a `child` that it came
   * through has a field `task` that is a string; the nearest counts, and in the file's name everything but letters,
   * digits, `.`, `_`, `#` and `-` is replaced. The function of a lazy message is called once per line, and not at all
   * when neither console nor files take the level. Where files cannot be written there is one warning on the console,
   * unless that is silent, and from then on the console alone.
   */
  readonly logger: Logger;
  /**
   * Closes the files. When it is done they hold every line that was logged before. Lines that come later go to the
   * console alone; a second call has no effect. Never fails.
   */
  close(): MaybePromise<void>;
}

/** Port: opens the logs of environments. */
export interface LogFiles {
  /**
   * Opens a log; touches no file yet. Logs are independent of each other.
   *
   * @throws SageError `INVALID_OPTION` naming the path, for options that are wrong in themselves. Never for a folder
   * that cannot be written: see {@link EnvironmentLog.logger}.
   */
  open(options: EnvironmentLogOptions): EnvironmentLog;
}
