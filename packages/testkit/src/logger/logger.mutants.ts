import type { JsonObject } from "@sage-kernel/core";
import type { LogFields, Logger, LogMessage } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { type LogLine, RecordingLogger } from "../recording-logger.ts";
import { errorsOnly, type LoggerSubject, recordingLoggerBinding } from "./logger-subject.ts";

type Level = LogLine["level"];
type Log = (line: LogLine, message: LogMessage, fields: LogFields | undefined) => void;

/** A recording logger with one thing wrong; `log` puts the line, and what else it likes, into the list. */
class WrongLogger implements Logger {
  readonly #log: (lines: LogLine[]) => Log;
  readonly #lines: LogLine[];
  readonly #fields: JsonObject;
  readonly #child: (fields: JsonObject, own: JsonObject) => JsonObject;

  constructor(
    lines: LogLine[],
    log: (lines: LogLine[]) => Log,
    child: (fields: JsonObject, own: JsonObject) => JsonObject = (fields, own) => ({ ...fields, ...own }),
    fields: JsonObject = {},
  ) {
    this.#lines = lines;
    this.#log = log;
    this.#child = child;
    this.#fields = fields;
  }

  debug = (message: LogMessage, fields?: LogFields): void => this.#write("debug", message, fields);
  info = (message: LogMessage, fields?: LogFields): void => this.#write("info", message, fields);
  warn = (message: LogMessage, fields?: LogFields): void => this.#write("warn", message, fields);
  error = (message: LogMessage, fields?: LogFields): void => this.#write("error", message, fields);

  child(own: JsonObject): Logger {
    return new WrongLogger(this.#lines, this.#log, this.#child, this.#child(this.#fields, own));
  }

  #write(level: Level, message: LogMessage, fields: LogFields | undefined): void {
    const text = typeof message === "function" ? message() : message;
    const line = { level, message: text, fields: { ...this.#fields, ...fields } };
    this.#log(this.#lines)(line, message, fields);
  }
}

const keeping = (lines: LogLine[]) => (line: LogLine) => void lines.push(line);

function mutant(
  id: string,
  title: string,
  breaks: readonly string[],
  create: (lines: LogLine[]) => Logger,
): Mutant<LoggerSubject> {
  return { ...recordingLoggerBinding(create), id, title, breaks };
}

/** Loggers of which the one that writes errors alone is wrong. */
function leveled(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (logger: Logger) => Logger,
): Mutant<LoggerSubject> {
  const { open, ...binding } = recordingLoggerBinding();
  return {
    ...binding,
    id,
    title,
    breaks,
    open: async (names) => {
      const subject = await open(names);
      return { ...subject, errorsOnly: wrong(subject.logger) };
    },
  };
}

/** Wrong loggers, each of which a case of the contract catches. */
export const loggerMutants: readonly Mutant<LoggerSubject>[] = [
  mutant(
    "LGM-01",
    "writes each line twice",
    ["LOG-01", "LOG-08"],
    (lines) => new WrongLogger(lines, (all) => (line) => void all.push(line, line)),
  ),
  mutant(
    "LGM-02",
    "writes warnings as information",
    ["LOG-01"],
    (lines) =>
      new WrongLogger(
        lines,
        (all) => (line) => void all.push(line.level === "warn" ? { ...line, level: "info" } : line),
      ),
  ),
  mutant(
    "LGM-03",
    "calls a message's function once more",
    ["LOG-02"],
    (lines) =>
      new WrongLogger(lines, (all) => (line, message) => {
        if (typeof message === "function") message();
        all.push(line);
      }),
  ),
  leveled("LGM-04", "builds messages that it does not write", ["LOG-03"], (logger) => {
    const quiet = new RecordingLogger();
    const wrong = (inner: Logger): Logger => ({
      debug: (message) => quiet.debug(message),
      info: (message) => quiet.info(message),
      warn: (message) => quiet.warn(message),
      error: (message, fields) => inner.error(message, fields),
      child: (fields) => wrong(inner.child(fields)),
    });
    return wrong(logger);
  }),
  leveled("LGM-05", "has children that write everything", ["LOG-03"], (logger) => {
    return { ...errorsOnly(logger), child: (fields) => logger.child(fields) };
  }),
  mutant(
    "LGM-06",
    "gives a child its own fields alone",
    ["LOG-04"],
    (lines) => new WrongLogger(lines, keeping, (_, own) => own),
  ),
  mutant(
    "LGM-07",
    "lets a parent keep the fields of its children",
    ["LOG-04"],
    (lines) => new WrongLogger(lines, keeping, (fields, own) => Object.assign(fields, own)),
  ),
  mutant(
    "LGM-08",
    "tells an error without its causes",
    ["LOG-05"],
    (lines) =>
      new WrongLogger(lines, (all) => (line) => {
        const { error } = line.fields;
        if (!(error instanceof Error)) all.push(line);
        else all.push({ ...line, fields: { ...line.fields, error: new Error(error.message) } });
      }),
  ),
  mutant(
    "LGM-09",
    "throws for an error that is no error",
    ["LOG-06"],
    (lines) =>
      new WrongLogger(lines, (all) => (line) => {
        if (line.fields.error !== undefined) void (line.fields.error as Error).message.length;
        all.push(line);
      }),
  ),
  mutant(
    "LGM-10",
    "takes a line's level from its fields",
    ["LOG-07"],
    (lines) =>
      new WrongLogger(
        lines,
        (all) => (line) => void all.push({ ...line, ...(line.fields as Partial<LogLine>) }),
      ),
  ),
  mutant(
    "LGM-11",
    "writes the last line first",
    ["LOG-08"],
    (lines) => new WrongLogger(lines, (all) => (line) => void all.unshift(line)),
  ),
];
