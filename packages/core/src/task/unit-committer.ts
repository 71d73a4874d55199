import type { JsonValue } from "../errors/json.ts";
import { hasCode, SageError } from "../errors/sage-error.ts";
import { abortable } from "../host/abortable.ts";
import type { Clock } from "../host/clock.port.ts";
import { whenSettled } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { StopSignal } from "../packet/stop-signal.ts";
import type { Output } from "../routing/connection.ts";
import type { Router } from "../routing/router.ts";
import type { Commit, CommitOutcome, RecordId, UnitOfWork } from "../state/commit.port.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import { TaskLedger } from "../state/ledger.ts";
import type { TaskState } from "../state/task-state.ts";
import type { AheadRecords } from "./ahead-records.ts";
import type { FaultPolicy } from "./fault-policy.ts";
import type { SinkTransactions } from "./sink-transactions.ts";
import type { TaskStats } from "./task-stats.ts";

/** What a committer works with. */
export interface CommitterScope {
  readonly node: string;
  readonly router: Router;
  readonly commit: Commit;
  readonly state: TaskState;
  /** Records behind the input that earlier incarnations have done. */
  readonly ahead: AheadRecords;
  readonly ledger: TaskLedger;
  readonly faults: FaultPolicy;
  readonly stats: TaskStats;
  readonly out: RecordBuffer;
  readonly clock: Clock;
  /** Whether what the operator emits are results of the job. */
  readonly collects: boolean;
  /** Takes what the operator emits where that is a transactional sink. */
  readonly transactions: SinkTransactions | undefined;
  /** Aborted when the task gives up. */
  readonly signal: AbortSignal;
}

/** The part of the input that a unit is about. */
export interface InputPart {
  /** Where the input stands behind it; `undefined` when no input was taken. */
  readonly position: JsonValue | undefined;
  /** Its elements. */
  readonly consumed: readonly Batch[];
  /** All records behind the position that are done nevertheless; `undefined` when that has not changed. */
  readonly ahead: readonly RecordId[] | undefined;
}

/** A unit without input. */
export const noInput: InputPart = Object.freeze({ position: undefined, consumed: [], ahead: undefined });

const none: readonly never[] = Object.freeze([]);

type Backpressure = Extract<CommitOutcome, { code: "backpressure" }>;

/** Longest wait before a unit whose commit was not answered is committed again, in ms. */
const longestResendMs = 1000;

/**
 * Makes units of work out of what a task has in its buffers, numbers them, and commits one at a time: the very same
 * one again until its outcome is known.
 */
export class UnitCommitter {
  readonly #scope: CommitterScope;
  /** Whether dead letters go to the store: there is no stream for them, or it has ended. */
  #toStore: boolean;
  #sequence: number;
  #attempt = 0;
  #ahead: readonly RecordId[];
  #waitingSince: number | undefined;
  #waitsFor: string | undefined;
  #lost = false;
  /** Settles when the last unit is safe. */
  #durable: PromiseLike<void> | undefined;
  #transaction: Promise<void> | undefined;
  #finished: boolean;
  readonly #now = (): number => this.#scope.clock.now();

  constructor(scope: CommitterScope) {
    const { restored } = scope.commit;
    this.#scope = scope;
    this.#toStore = scope.router.deadLetterGroups.length === 0 || restored.finished;
    this.#sequence = restored.sequence;
    this.#ahead = restored.ahead;
    this.#finished = restored.finished;
  }

  /** True while a commit waits for its outcome or for room; no other may begin. */
  get waiting(): boolean {
    return this.#waitingSince !== undefined;
  }

  /** Since when a commit waits, on the monotonic clock. */
  get waitingSince(): number | undefined {
    return this.#waitingSince;
  }

  /** What the store has no room for, in words, while that is why a commit waits. */
  get waitsFor(): string | undefined {
    return this.#waitsFor;
  }

  /** True when a commit has failed: this incarnation can commit nothing more. */
  get lost(): boolean {
    return this.#lost;
  }

  /** The phases of a transactional sink that are under way: nobody may recover or close it meanwhile. */
  get transaction(): Promise<void> | undefined {
    return this.#transaction;
  }

  /**
   * Commits the outputs, dead letters, state and counts so far, with the input they come from. Answers `true` when all
   * is downstream, else calls one of the two back.
   *
   * @throws what the commit throws, and SageError `FENCED`, `COMMIT_MISMATCH`, `INPUT_VANISHED`.
   */
  commit(input: InputPart, onDone: () => void, onError: (error: unknown) => void): boolean {
    const { router, out, ledger, faults, collects, transactions } = this.#scope;
    const outputs: Output[] = [];
    const collected = collects ? out.payloads : none;
    const staged = transactions === undefined ? none : out.payloads;
    if (!collects && transactions === undefined) {
      ledger.emitted += out.payloads.length;
      router.route(out, outputs);
    }
    out.clear();
    const deadLetters = faults.take();
    if (!this.#toStore) router.routeDeadLetters(deadLetters, outputs);
    const toStore = this.#toStore ? deadLetters : none;
    const unit = this.#unit(input, outputs, toStore, collected);
    return this.#send(unit, staged, onDone, onError);
  }

  /** {@link commit} as a promise. */
  flush(input: InputPart = noInput): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.commit(input, resolve, reject)) resolve();
    });
  }

  /** Commits the stop signals of all channels: the task has finished. */
  stop(signal: StopSignal): Promise<void> {
    const outputs: Output[] = [];
    this.#scope.router.stop(signal, outputs);
    this.#toStore = true;
    this.#finished = true;
    return new Promise((resolve, reject) => {
      const unit = this.#unit(noInput, outputs, none, none);
      if (this.#send(unit, none, resolve, reject)) resolve();
    });
  }

  #unit(
    { position, consumed, ahead }: InputPart,
    outputs: readonly Output[],
    deadLetters: readonly DeadLetter[],
    collected: readonly unknown[],
  ): UnitOfWork {
    const { commit, state, ledger } = this.#scope;
    const counts = new TaskLedger();
    counts.set(ledger);
    if (ahead !== undefined) {
      const { rest } = this.#scope.ahead;
      this.#ahead = rest.length === 0 ? ahead : [...ahead, ...rest];
    }
    return {
      epoch: commit.epoch,
      sequence: ++this.#sequence,
      attempt: ++this.#attempt,
      position,
      consumed,
      ahead: this.#ahead,
      outputs,
      deadLetters,
      collected,
      state: state.take(this.#now),
      handedOut: state.handedOut,
      finished: this.#finished,
      ledger: counts,
    };
  }

  #send(
    unit: UnitOfWork,
    staged: readonly unknown[],
    onDone: () => void,
    onError: (error: unknown) => void,
  ): boolean {
    const transaction = staged.length === 0 ? undefined : this.#transact(unit, staged);
    const wait = transaction ?? this.#attemptAt(unit, 1);
    if (wait === undefined) return true;
    this.#transaction = transaction;
    const { clock, stats } = this.#scope;
    const since = clock.monotonic();
    this.#waitingSince = since;
    const ended = (then: () => void): void => {
      this.#waitingSince = undefined;
      this.#transaction = undefined;
      stats.blocked(clock.monotonic() - since);
      then();
    };
    whenSettled(
      wait,
      () => ended(onDone),
      (error) => ended(() => onError(error)),
    );
    return false;
  }

  /** Commits a unit between the two phases of a transactional sink. */
  async #transact(unit: UnitOfWork, staged: readonly unknown[]): Promise<void> {
    const { signal } = this.#scope;
    const transactions = this.#scope.transactions as SinkTransactions;
    try {
      await transactions.stage(unit.sequence, staged);
      signal.throwIfAborted();
    } catch (error) {
      this.#lose(unit, error);
    }
    await this.#attemptAt(unit, 1);
    try {
      await this.#durable;
      signal.throwIfAborted();
      await transactions.commit(unit.sequence);
    } catch (error) {
      this.#lost = true; // it is committed: the next incarnation makes it visible
      throw error;
    }
  }

  /** Commits a unit; `undefined` when it is applied and downstream, else what to wait for. */
  #attemptAt(unit: UnitOfWork, attempt: number): PromiseLike<void> | undefined {
    let answer: ReturnType<Commit["commit"]>;
    try {
      answer = this.#scope.commit.commit(unit);
    } catch (error) {
      return this.#refused(unit, attempt, error);
    }
    if ("code" in answer) return this.#outcome(unit, attempt, answer);
    return answer.then(
      (outcome) => this.#outcome(unit, attempt, outcome),
      (error) => this.#refused(unit, attempt, error),
    );
  }

  #outcome(unit: UnitOfWork, attempt: number, outcome: CommitOutcome): PromiseLike<void> | undefined {
    const { node, commit, state } = this.#scope;
    const { sequence } = unit;
    switch (outcome.code) {
      case "applied":
      case "alreadyApplied":
        state.committed();
        this.#durable = outcome.durable;
        return outcome.delivered;
      case "backpressure":
        return this.#whenRoom(unit, attempt, outcome);
      case "fenced":
        return this.#refused(unit, attempt, new SageError("FENCED", { node, epoch: commit.epoch }));
      case "mismatch":
        return this.#refused(unit, attempt, new SageError("COMMIT_MISMATCH", { node, sequence }));
      default:
        return this.#refused(unit, attempt, new SageError("INPUT_VANISHED", { node }));
    }
  }

  /** Nothing was written: the same unit goes out again when there is room, unless the task gives up before. */
  async #whenRoom(unit: UnitOfWork, attempt: number, { room, waitsFor }: Backpressure): Promise<void> {
    this.#waitsFor = waitsFor;
    try {
      await abortable(room, this.#scope.signal);
    } catch (error) {
      return this.#refused(unit, attempt, error);
    } finally {
      this.#waitsFor = undefined;
    }
    await this.#attemptAt(unit, attempt);
  }

  /** Nothing was written, or nobody knows: then the same unit goes out again. */
  #refused(unit: UnitOfWork, attempt: number, error: unknown): PromiseLike<void> {
    if (hasCode(error, "COMMIT_UNANSWERED")) return this.#resend(unit, attempt);
    return this.#lose(unit, error);
  }

  #lose(unit: UnitOfWork, error: unknown): never {
    this.#lost = true;
    for (const { connection, batch } of unit.outputs) connection.takeBack(batch);
    throw error;
  }

  async #resend(unit: UnitOfWork, attempt: number): Promise<void> {
    const { clock, signal } = this.#scope;
    await clock.sleep(Math.min(longestResendMs, 2 ** (attempt - 1)), signal);
    await this.#attemptAt(unit, attempt + 1);
  }
}
