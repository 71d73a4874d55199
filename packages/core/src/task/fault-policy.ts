import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { LogFields, Logger } from "../host/logger.port.ts";
import type { Random } from "../host/random.port.ts";
import { type Batch, positionOf } from "../packet/batch.ts";
import { type DeadLetter, type DeadLetterReason, deadLetterId } from "../state/dead-letter.ts";
import type { TaskLedger } from "../state/ledger.ts";
import type { CrashCounts } from "./crash-counts.ts";
import { backoffMs, type FaultRules } from "./on-error.ts";
import type { RequestTrace } from "./request-trace.ts";
import type { TaskStats } from "./task-stats.ts";

/** What the policy of one task instance works with. */
export interface FaultScope {
  readonly node: string;
  readonly rules: FaultRules;
  readonly ledger: TaskLedger;
  readonly stats: TaskStats;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Whether a stream takes the dead letters, so that the log need not. */
  readonly streamed: boolean;
  /** How often records have brought the task down. */
  readonly crashes: CrashCounts;
  /** Follows the records of requests; left out in jobs that take none. */
  readonly trace?: RequestTrace | undefined;
}

/** Decides, for one record alone, what its failure does; counts it and logs it once. */
export class FaultPolicy {
  readonly #scope: FaultScope;
  readonly #final = new WeakSet<object>();
  #letters: DeadLetter[] = [];

  constructor(scope: FaultScope) {
    this.#scope = scope;
  }

  /** Whether a failed record may get another attempt. */
  get mayRetry(): boolean {
    return this.#scope.rules.attempts > 1;
  }

  /** Whether an error is the failure of a record by a policy that ends the job. */
  isFinal(error: unknown): boolean {
    return typeof error === "object" && error !== null && this.#final.has(error);
  }

  /** Whether there are dead letters for the next commit. */
  get pending(): boolean {
    return this.#letters.length > 0;
  }

  /** Dead letters since the last call: they belong into the next commit. */
  take(): readonly DeadLetter[] {
    if (this.#letters.length === 0) return none;
    const letters = this.#letters;
    this.#letters = [];
    return letters;
  }

  /**
   * Counts a failed attempt, and answers how long to wait before the next one, in ms; `undefined` when there is none.
   * Attempts count from 1.
   */
  retryAfter(error: unknown, attempt: number): number | undefined {
    const { rules, stats, random } = this.#scope;
    stats.failure(error);
    if (attempt >= rules.attempts) return undefined;
    if (rules.retryable !== undefined && !isRetryable(rules.retryable, error)) return undefined;
    return backoffMs(rules, attempt, random);
  }

  /**
   * Handles the failure of the record at `index` after its last attempt; afterwards the record is done.
   *
   * @throws SageError `OPERATOR_FAILED` with the user's error as cause, when the policy is `fail` or `restart`.
   */
  settle(batch: Batch, index: number, error: unknown, attempt: number): void {
    const { node, rules, ledger } = this.#scope;
    const position = positionOf(batch, index);
    const restarts = this.#mayRestart(batch, index);
    if (restarts || rules.onExhausted === "fail") {
      const facts = { node, phase: "execute", position, reason: reasonOf(error) };
      const failure = new SageError("OPERATOR_FAILED", facts, { cause: error });
      if (!restarts) this.#final.add(failure);
      throw failure;
    }
    const fields = { node, position, attempt, onError: rules.onExhausted, error };
    this.#log(() => `Record ${position} failed: ${reasonOf(error)}`, fields);
    if (rules.onExhausted === "skip") {
      ledger.skipped++;
      this.#scope.trace?.skipped(batch, index);
    } else this.#bury(batch, index, reasonFor(error), error, attempt);
  }

  /** Makes a record that came too late a dead letter, whatever the policy. */
  late(batch: Batch, index: number): void {
    const { node, log } = this.#scope;
    const position = positionOf(batch, index);
    const facts = { what: `Task "${node}"`, from: "its finished operator", to: `record ${position}` };
    const error = new SageError("ILLEGAL_STATE", facts);
    log.warn(() => `Record ${position} came after the end of its loop`, { node, position });
    this.#bury(batch, index, "late", error, 1);
  }

  /** Counts a crash at a record where its policy restarts the task; `false` when there were enough of them. */
  #mayRestart(batch: Batch, index: number): boolean {
    const { rules, crashes } = this.#scope;
    return rules.restarts > 0 && crashes.add(batch.channel, batch.firstSeq + index) <= rules.restarts;
  }

  /** A warning, unless the record goes where its user will see it. */
  #log(message: () => string, fields: LogFields): void {
    const { log, rules, streamed } = this.#scope;
    if (streamed && rules.onExhausted === "deadLetter") log.debug(message, fields);
    else log.warn(message, fields);
  }

  #bury(batch: Batch, index: number, reason: DeadLetterReason, error: unknown, attempt: number): void {
    const { node, ledger, clock } = this.#scope;
    const { channel } = batch;
    const seq = batch.firstSeq + index;
    ledger.deadLettered++;
    this.#scope.trace?.failed(batch, index, error);
    this.#letters.push({
      id: deadLetterId(node, channel, seq),
      record: batch.payloads[index],
      reason,
      error: encodeError(error),
      node,
      key: batch.keys?.[index],
      headers: batch.headers?.[index],
      channel,
      seq,
      attempt,
      time: clock.now(),
    });
  }
}

const none: readonly DeadLetter[] = Object.freeze([]);

function isRetryable(retryable: (error: unknown) => boolean, error: unknown): boolean {
  try {
    return retryable(error) === true;
  } catch {
    return false;
  }
}

const unroutable = ["INVALID_ROUTE", "MISSING_KEY"] as const;
const invalid = ["INVALID_RESULT", "INVALID_KEY", "NOT_SERIALIZABLE"] as const;

function reasonFor(error: unknown): DeadLetterReason {
  if (unroutable.some((code) => hasCode(error, code))) return "unroutable";
  return invalid.some((code) => hasCode(error, code)) ? "invalid" : "failed";
}
