import type { JsonValue } from "../errors/json.ts";
import type { Clock } from "../host/clock.port.ts";
import { isPromiseLike, type MaybePromise, whenSettled } from "../host/maybe-promise.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { StopSignal } from "../packet/stop-signal.ts";
import type { Output } from "../routing/connection.ts";
import type { Router } from "../routing/router.ts";
import type { Commit } from "../state/commit.port.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import type { TaskLedger } from "../state/ledger.ts";
import type { FaultPolicy } from "./fault-policy.ts";
import type { TaskStats } from "./task-stats.ts";

/** What a committer works with. */
export interface CommitterScope {
  readonly router: Router;
  readonly commit: Commit;
  readonly ledger: TaskLedger;
  readonly faults: FaultPolicy;
  readonly stats: TaskStats;
  readonly out: RecordBuffer;
  readonly clock: Clock;
}

/** Makes units of work out of what a task has in its buffers, numbers them, and commits one at a time. */
export class UnitCommitter {
  readonly #scope: CommitterScope;
  /** Whether dead letters go to the store: there is no stream for them, or it has ended. */
  #toStore: boolean;
  #sequence = 0;
  #waitingSince: number | undefined;

  constructor(scope: CommitterScope) {
    this.#scope = scope;
    this.#toStore = scope.router.deadLetterGroups.length === 0;
  }

  /** True while a commit waits for room; no other may begin. */
  get waiting(): boolean {
    return this.#waitingSince !== undefined;
  }

  /** Since when a commit waits, on the monotonic clock. */
  get waitingSince(): number | undefined {
    return this.#waitingSince;
  }

  /**
   * Commits the outputs, dead letters and counts so far, with an input position if it has moved. Answers `true` when
   * all is downstream, else calls one of the two back.
   *
   * @throws what the commit throws.
   */
  commit(position: JsonValue | undefined, onDone: () => void, onError: (error: unknown) => void): boolean {
    const { router, out, ledger, faults } = this.#scope;
    const outputs: Output[] = [];
    ledger.emitted += out.payloads.length;
    router.route(out, outputs);
    out.clear();
    const letters = faults.take();
    if (!this.#toStore) router.routeDeadLetters(letters, outputs);
    return this.#apply(position, outputs, this.#toStore ? letters : none, onDone, onError);
  }

  /** {@link commit} as a promise. */
  flush(position?: JsonValue): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.commit(position, resolve, reject)) resolve();
    });
  }

  /** Commits the stop signals of all channels. */
  stop(signal: StopSignal): Promise<void> {
    const outputs: Output[] = [];
    this.#scope.router.stop(signal, outputs);
    this.#toStore = true;
    return new Promise((resolve, reject) => {
      if (this.#apply(undefined, outputs, none, resolve, reject)) resolve();
    });
  }

  #apply(
    position: JsonValue | undefined,
    outputs: readonly Output[],
    deadLetters: readonly DeadLetter[],
    onDone: () => void,
    onError: (error: unknown) => void,
  ): boolean {
    const { commit, ledger, clock, stats } = this.#scope;
    let wait: MaybePromise<void>;
    try {
      wait = commit.commit({ sequence: ++this.#sequence, position, outputs, deadLetters, ledger });
    } catch (error) {
      for (const { connection, batch } of outputs) connection.takeBack(batch);
      throw error;
    }
    if (!isPromiseLike(wait)) return true;
    const since = clock.monotonic();
    this.#waitingSince = since;
    const ended = (then: () => void): void => {
      this.#waitingSince = undefined;
      stats.blocked(clock.monotonic() - since);
      then();
    };
    whenSettled(
      wait as PromiseLike<void>,
      () => ended(onDone),
      (error) => ended(() => onError(error)),
    );
    return false;
  }
}

const none: readonly DeadLetter[] = Object.freeze([]);
