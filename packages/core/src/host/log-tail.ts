import type { JsonObject } from "../errors/json.ts";
import type { LogFields, Logger, LogMessage } from "./logger.port.ts";

/** A line of a log; a JSON value. */
export interface LoggedLine {
  /** Wall-clock time in ms since the Unix epoch. */
  readonly time: number;
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  /** Id of the task that it is about, if it is about one. */
  readonly task?: string;
}

/** Longest message that is kept, in characters. */
const longestMessage = 2000;

/** A logger that passes every line on to another one, and tells somebody of those at level info and above. */
export class TellingLogger implements Logger {
  readonly #inner: Logger;
  readonly #now: () => number;
  readonly #tell: (line: LoggedLine) => void;
  readonly #task: string | undefined;

  constructor(inner: Logger, now: () => number, tell: (line: LoggedLine) => void, task?: string) {
    this.#inner = inner;
    this.#now = now;
    this.#tell = tell;
    this.#task = task;
  }

  debug(message: LogMessage, fields?: LogFields): void {
    this.#inner.debug(message, fields);
  }

  info(message: LogMessage, fields?: LogFields): void {
    this.#inner.info(this.#told("info", message, fields), fields);
  }

  warn(message: LogMessage, fields?: LogFields): void {
    this.#inner.warn(this.#told("warn", message, fields), fields);
  }

  error(message: LogMessage, fields?: LogFields): void {
    this.#inner.error(this.#told("error", message, fields), fields);
  }

  child(fields: JsonObject): Logger {
    const { task = this.#task } = fields;
    const named = typeof task === "string" ? task : undefined;
    return new TellingLogger(this.#inner.child(fields), this.#now, this.#tell, named);
  }

  #told(level: LoggedLine["level"], message: LogMessage, fields: LogFields | undefined): string {
    const text = typeof message === "function" ? message() : message;
    const { task = this.#task } = (fields ?? {}) as { readonly task?: unknown };
    const about = typeof task === "string" ? { task } : {};
    this.#tell({ time: this.#now(), level, message: text.slice(0, longestMessage), ...about });
    return text;
  }
}

/** The last lines of a log, with numbers that rise. */
export class LogTail<T> {
  readonly #most: number;
  #lines: (T & { readonly id: string })[] = [];
  #count: number;

  /** Keeps so many lines at most; `first` is the number of the first one. */
  constructor(most: number, first = 0) {
    this.#most = most;
    this.#count = first;
  }

  add(line: T): void {
    this.#lines.push({ ...line, id: String(this.#count++) });
    if (this.#lines.length >= 2 * this.#most) this.#lines = this.#lines.slice(-this.#most);
  }

  /** Up to `limit` lines behind the one with the number `after`, of those that are kept, oldest first. */
  behind(after: string | undefined, limit: number): readonly (T & { readonly id: string })[] {
    const kept = this.#lines.slice(-this.#most);
    const rest = after === undefined ? kept : kept.filter(({ id }) => Number(id) > Number(after));
    return rest.slice(0, limit);
  }
}
