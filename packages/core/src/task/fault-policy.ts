import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Batch } from "../packet/batch.ts";
import type { DeadLetter, DeadLetterReason } from "../state/dead-letter.ts";
import type { TaskLedger } from "../state/ledger.ts";

/** What a failing record does: fails the job, is left out, or becomes a dead letter. */
export type OnError = "fail" | "skip" | "deadLetter";

/** What the policy of one task instance works with. */
export interface FaultScope {
  readonly node: string;
  readonly onError: OnError;
  readonly ledger: TaskLedger;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Decides, for one record alone, what its failure does; counts it and logs it once. */
export class FaultPolicy {
  readonly #scope: FaultScope;
  #letters: DeadLetter[] = [];

  constructor(scope: FaultScope) {
    this.#scope = scope;
  }

  /** Dead letters since the last call: they belong into the next commit. */
  take(): readonly DeadLetter[] {
    if (this.#letters.length === 0) return none;
    const letters = this.#letters;
    this.#letters = [];
    return letters;
  }

  /**
   * Handles the failure of the record at `index`; afterwards the record is done.
   *
   * @throws SageError `OPERATOR_FAILED` with the user's error as cause, when the policy is `fail`.
   */
  handle(batch: Batch, index: number, error: unknown): void {
    const { node, onError, ledger, clock, log } = this.#scope;
    const seq = batch.firstSeq + index;
    const position = `${batch.channel}:${seq}`;
    if (onError === "fail") {
      const facts = { node, phase: "execute", position, reason: reasonOf(error) };
      throw new SageError("OPERATOR_FAILED", facts, { cause: error });
    }
    log.warn(() => `Record ${position} failed: ${reasonOf(error)}`, { node, position, onError, error });
    if (onError === "skip") {
      ledger.skipped++;
      return;
    }
    ledger.deadLettered++;
    this.#letters.push({
      record: batch.payloads[index],
      reason: reasonFor(error),
      error: encodeError(error),
      node,
      key: batch.keys?.[index],
      channel: batch.channel,
      seq,
      attempt: 1,
      time: clock.now(),
    });
  }
}

const none: readonly DeadLetter[] = Object.freeze([]);

function reasonFor(error: unknown): DeadLetterReason {
  if (hasCode(error, "INVALID_ROUTE") || hasCode(error, "MISSING_KEY")) return "unroutable";
  return hasCode(error, "INVALID_RESULT") || hasCode(error, "INVALID_KEY") ? "invalid" : "failed";
}
