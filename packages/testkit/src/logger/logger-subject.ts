import type { Logger, MaybePromise } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import { type LogLine, RecordingLogger } from "../recording-logger.ts";

/** What was written of a line: its error, if it has one, is told by its message. */
export interface WrittenLine extends Omit<LogLine, "fields"> {
  readonly fields: Readonly<Record<string, unknown>>;
  /** What is told of the error: the messages of the error and of its causes, the outermost first. */
  readonly errors: readonly string[];
}

/**
 * What the logger contract needs from an implementation. Its one capability is `levels`: a logger may be opened that
 * writes errors alone.
 */
export interface LoggerSubject {
  /** A logger that writes all lines. */
  readonly logger: Logger;
  /** A logger that writes errors only, where there is the capability `levels`. */
  readonly errorsOnly?: Logger;
  /** The lines that were written, by both, in order. */
  lines(): MaybePromise<readonly WrittenLine[]>;
}

/** The messages of an error and its causes, where an implementation keeps the error itself. */
export function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  for (let at = error; typeof at === "object" && at !== null && messages.length < 10; ) {
    try {
      const { message, cause } = at as { readonly message?: unknown; readonly cause?: unknown };
      messages.push(String(message));
      at = cause;
    } catch {
      return messages; // it lets nobody look
    }
  }
  return messages;
}

/** A logger that passes errors on, and nothing else. */
export function errorsOnly(logger: Logger): Logger {
  const silent = (): void => undefined;
  return {
    debug: silent,
    info: silent,
    warn: silent,
    error: (message, fields) => logger.error(message, fields),
    child: (fields) => errorsOnly(logger.child(fields)),
  };
}

/** A logger that keeps its lines, in front of the contract; `create` makes it. */
export function recordingLoggerBinding(
  create: (lines: LogLine[]) => Logger = (lines) => new RecordingLogger({}, lines),
): ContractBinding<LoggerSubject> {
  return {
    capabilities: ["levels"],
    open() {
      const lines: LogLine[] = [];
      const logger = create(lines);
      return {
        logger,
        errorsOnly: errorsOnly(logger),
        lines: () =>
          lines.map(({ level, message, fields: { error, ...fields } }) => ({
            level,
            message,
            fields,
            errors: messagesOf(error),
          })),
      };
    },
  };
}
