import type { EnvironmentLogOptions, JsonObject, LogLevel } from "@sage-kernel/core";
import { parseOptions } from "@sage-kernel/core/di";
import type { EnvironmentLog, LogFields, LogFiles, Logger, LogMessage } from "@sage-kernel/core/spi";
import * as z from "zod";
import { LeveledLogger } from "./leveled-logger.ts";
import { LogFolder, taskFile } from "./log-folder.ts";
import { type LineLevel, lineLevels, logLevels, takes } from "./log-level.ts";
import { createPinoLines, type LogLines } from "./pino-logger.ts";

const logSchema = z.strictObject({
  folder: z.string().min(1, "expected the path of a folder").optional(),
  level: z.enum(logLevels).optional(),
  fileLevel: z.enum(lineLevels).default("info"),
});

/** Opens logs of JSON lines by pino, on standard error and in files. */
export class PinoLogFiles implements LogFiles {
  readonly #level: LogLevel;
  readonly #loadLines: () => LogLines;
  #lines: LogLines | undefined;

  /**
   * `level` is the console's where a log does not say; `loadLines` is called for the first line that is written, and
   * loads pino by default.
   */
  constructor(level: LogLevel, loadLines: () => LogLines = createPinoLines) {
    this.#level = level;
    this.#loadLines = loadLines;
  }

  open(options: EnvironmentLogOptions): EnvironmentLog {
    const { folder, level = this.#level, fileLevel } = parseOptions(logSchema, options);
    const lines = (): LogLines => {
      this.#lines ??= this.#loadLines();
      return this.#lines;
    };
    const files = folder === undefined ? undefined : new LogFolder(folder);
    const destinations = new Destinations({ lines, level, fileLevel }, files);
    return { logger: new DestinationsLogger(destinations, {}), close: () => destinations.closeFiles() };
  }
}

interface Routes {
  readonly lines: () => LogLines;
  readonly level: LogLevel;
  readonly fileLevel: LineLevel;
}

/** Where the lines of one log go; shared by all its loggers. */
class Destinations {
  readonly #routes: Routes;
  /** Gone once it is closed or has failed. */
  #folder: LogFolder | undefined;

  constructor(routes: Routes, folder: LogFolder | undefined) {
    this.#routes = routes;
    this.#folder = folder;
  }

  take(level: LineLevel): boolean {
    return takes(this.#routes.level, level) || this.#filesTake(level);
  }

  write(level: LineLevel, message: string, fields: LogFields): void {
    const lines = this.#routes.lines();
    const line = lines.format(level, fields, message);
    if (takes(this.#routes.level, level)) lines.writeToConsole(line);
    if (!this.#filesTake(level)) return;
    const { task } = fields as { readonly task?: unknown };
    this.#withFolder((folder) => {
      folder.append(typeof task === "string" ? taskFile(task) : "dispatcher.log", line);
      if (level === "error") folder.append("error.log", line);
    });
  }

  closeFiles(): void {
    this.#withFolder((folder) => {
      this.#folder = undefined;
      folder.close();
    });
  }

  #filesTake(level: LineLevel): boolean {
    return this.#folder !== undefined && takes(this.#routes.fileLevel, level);
  }

  #withFolder(use: (folder: LogFolder) => void): void {
    const folder = this.#folder;
    if (folder === undefined) return;
    try {
      use(folder);
    } catch (error) {
      this.#folder = undefined;
      this.#warn(folder, error);
      closeQuietly(folder);
    }
  }

  #warn(folder: LogFolder, error: unknown): void {
    if (this.#routes.level === "silent") return;
    const { format, writeToConsole } = this.#routes.lines();
    const message = `Log files in "${folder.path}" cannot be written; logging goes on to the console alone`;
    writeToConsole(format("warn", { folder: folder.path, error }, message));
  }
}

class DestinationsLogger extends LeveledLogger {
  readonly #destinations: Destinations;
  readonly #fields: JsonObject;

  constructor(destinations: Destinations, fields: JsonObject) {
    super();
    this.#destinations = destinations;
    this.#fields = fields;
  }

  child(fields: JsonObject): Logger {
    return new DestinationsLogger(this.#destinations, { ...this.#fields, ...fields });
  }

  protected override write(level: LineLevel, message: LogMessage, fields: LogFields | undefined): void {
    if (!this.#destinations.take(level)) return;
    const text = typeof message === "function" ? message() : message;
    this.#destinations.write(level, text, { ...this.#fields, ...fields });
  }
}

/** For what has failed already: a second complaint would say the same. */
function closeQuietly(folder: LogFolder): void {
  try {
    folder.close();
  } catch {
    // Said before.
  }
}
