import { createRequire } from "node:module";
import type { JsonObject, LogLevel } from "@sage-kernel/core";
import type { LogFields, Logger, LogMessage } from "@sage-kernel/core/spi";
import type { pino as createPino, Logger as Pino } from "pino";
import { LeveledLogger } from "./leveled-logger.ts";
import { type LineLevel, takes } from "./log-level.ts";

/** Writes JSON lines through pino. A line below the level costs neither its message nor its fields. */
export class PinoLogger extends LeveledLogger {
  readonly #level: LogLevel;
  readonly #open: () => Pino;
  #pino: Pino | undefined;

  /** `open` is called for the first line that is written. */
  constructor(level: LogLevel, open: () => Pino) {
    super();
    this.#level = level;
    this.#open = open;
  }

  child(fields: JsonObject): Logger {
    return new PinoLogger(this.#level, () => this.#opened().child(fields));
  }

  protected override write(level: LineLevel, message: LogMessage, fields: LogFields = {}): void {
    if (!takes(this.#level, level)) return;
    this.#opened()[level](fields, typeof message === "function" ? message() : message);
  }

  #opened(): Pino {
    this.#pino ??= this.#open();
    return this.#pino;
  }
}

/** A logger that writes lines of at least this level to standard error, synchronously. Loads pino when it must. */
export function createPinoLogger(level: LogLevel): PinoLogger {
  return new PinoLogger(level, () => {
    const { pino, destination, options } = loadPino();
    return pino({ ...options, level }, destination({ dest: 2, sync: true }));
  });
}

/** What logs over several destinations need of pino: lines that are finished, and the console. */
export interface LogLines {
  /** One JSON line, with its line break. */
  format(level: LineLevel, fields: LogFields, message: string): string;
  /** Writes a finished line to standard error, synchronously. */
  writeToConsole(line: string): void;
}

/** Loads pino, and answers with lines as {@link createPinoLogger} writes them. */
export function createPinoLines(): LogLines {
  const { pino, destination, options } = loadPino();
  const console = destination({ dest: 2, sync: true });
  let formatted = "";
  const write = (line: string): void => {
    formatted = line;
  };
  const formatter = pino({ ...options, level: "debug" }, { write });
  return {
    format(level, fields, message) {
      formatter[level](fields, message);
      return formatted;
    },
    writeToConsole: (line) => void console.write(line),
  };
}

function loadPino() {
  const { pino, destination, stdSerializers } = createRequire(import.meta.url)(
    "pino",
  ) as typeof createPino & {
    pino: typeof createPino;
  };
  return { pino, destination, options: { serializers: { error: stdSerializers.errWithCause }, base: null } };
}
