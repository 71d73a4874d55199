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
    return new PinoLogger(this.#level, () => this.#opened().child(besideLine(fields)));
  }

  protected override write(level: LineLevel, message: LogMessage, fields: LogFields = {}): void {
    if (!takes(this.#level, level)) return;
    this.#opened()[level](besideLine(fields), typeof message === "function" ? message() : message);
  }

  #opened(): Pino {
    this.#pino ??= this.#open();
    return this.#pino;
  }
}

/** A logger that writes lines of at least this level to standard error, synchronously. Loads pino when it must. */
export function createPinoLogger(level: LogLevel): PinoLogger {
  return new PinoLogger(level, () => openPino(level, loadPino().destination({ dest: 2, sync: true })));
}

/** Opens pino as the local adapter has it: lines of at least this level, to a destination that takes whole lines. */
export function openPino(level: LogLevel, destination: { write(line: string): void }): Pino {
  const { pino, options } = loadPino();
  return pino({ ...options, level }, destination);
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
      formatter[level](besideLine(fields), message);
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
  const error = (thrown: Error): unknown => {
    try {
      return stdSerializers.errWithCause(thrown);
    } catch {
      return { message: "an error that cannot be read" }; // a getter of it throws
    }
  };
  return { pino, destination, options: { serializers: { error }, base: null } };
}

/** What a line says of itself, by pino's names. */
const partsOfLine = ["level", "time", "msg"] as const;

/** Fields that leave a line's level, time and message as they are: those of such names get a `_` behind them. */
function besideLine<F extends object>(fields: F): F {
  if (!partsOfLine.some((part) => Object.hasOwn(fields, part))) return fields;
  const renamed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    let free = name;
    while (
      (partsOfLine as readonly string[]).includes(free) ||
      (free !== name && Object.hasOwn(fields, free))
    )
      free += "_";
    renamed[free] = value;
  }
  return renamed as F;
}
