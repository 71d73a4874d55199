import { SageError } from "../errors/sage-error.ts";
import type { Timer } from "../host/clock.port.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import { endOfSource } from "./source-function.ts";
import type { ReaderHost } from "./source-input.ts";
import type { SourceReader } from "./source-reader.ts";
import type { StepCode } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";

/**
 * Reads a source function: asks it for one record at a time, again after `idleMs` when it had nothing. A promise that
 * it answered is kept over polls, so that what is ready need not wait for it.
 */
export class FunctionReader implements SourceReader {
  #code: StepCode | undefined;
  readonly #idleMs: number;
  readonly #host: ReaderHost;
  readonly #abort = new AbortController();
  #ctx: StepContext | undefined;
  #outstanding: PromiseLike<unknown> | undefined;
  #waiting: { readonly max: number; readonly records: Completion<unknown[]> } | undefined;
  #timer: Timer | undefined;
  #ended = false;

  constructor(idleMs: number, host: ReaderHost) {
    this.#idleMs = idleMs;
    this.#host = host;
  }

  /** Reads for an incarnation of the task; the first one opens the user's code. */
  open(ctx: StepContext, code: StepCode): MaybePromise<void> {
    const first = this.#code === undefined;
    this.#code = code;
    // Its signal is the source's: an incarnation that fails does not end what the next one will read.
    this.#ctx = ctx.withSignals(this.#abort.signal);
    return first ? code.open(this.#ctx) : undefined;
  }

  /** Closes the user's code, if it was opened: no further incarnation follows. */
  release(): MaybePromise<void> {
    return this.#code?.close();
  }

  poll(max: number): MaybePromise<unknown[]> {
    const records: unknown[] = [];
    this.#read(records, max);
    if (records.length > 0 || (this.#ended && this.#outstanding === undefined)) return records;
    const completion = new Completion<unknown[]>(this.#host.scheduler);
    this.#waiting = { max, records: completion };
    this.#wait();
    return completion;
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#abort.abort(new SageError("CANCELLED", { what: `Source "${this.#ctx?.step}"` }));
    if (this.#outstanding === undefined) this.#wake();
  }

  /** Asks for records as long as they come at once. What is thrown waits until the records before it are delivered. */
  #read(records: unknown[], max: number): void {
    try {
      while (records.length < max && !this.#ended && this.#outstanding === undefined) {
        const answer = this.#code?.call(this.#ctx, undefined);
        if (isPromiseLike(answer)) this.#keep(answer);
        else if (!this.#accept(answer, records)) return;
      }
    } catch (error) {
      if (records.length === 0) throw error;
      this.#keep(Promise.reject(error));
    }
  }

  /** Keeps a promise for the poll that will wait for it; that it rejects before must trouble nobody else. */
  #keep(answer: PromiseLike<unknown>): void {
    this.#outstanding = answer;
    answer.then(undefined, () => undefined);
  }

  /** Takes an answer; `false` when there is nothing for now, or nothing more. */
  #accept(answer: unknown, records: unknown[]): boolean {
    if (answer === endOfSource) this.#ended = true;
    else if (answer !== undefined) records.push(answer);
    return answer !== undefined && answer !== endOfSource;
  }

  #wait(): void {
    if (this.#outstanding === undefined) {
      this.#timer = this.#host.clock.setTimer(this.#idleMs, () => this.#wake());
      return;
    }
    const records: unknown[] = [];
    this.#outstanding.then(
      (answer) => {
        this.#outstanding = undefined;
        if (this.#accept(answer, records) || this.#ended) this.#wake(records);
        else this.#wait();
      },
      (error) => {
        this.#outstanding = undefined;
        if (this.#ended) this.#wake();
        else this.#waiting?.records.reject(error);
      },
    );
  }

  /** Answers the poll that waits, with these records and what comes at once behind them; or lets it wait again. */
  #wake(records: unknown[] = []): void {
    this.#timer?.clear();
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      this.#read(records, waiting.max);
    } catch (error) {
      waiting.records.reject(error);
      return;
    }
    if (records.length === 0 && !(this.#ended && this.#outstanding === undefined)) {
      this.#wait();
      return;
    }
    this.#waiting = undefined;
    waiting.records.resolve(records);
  }
}
