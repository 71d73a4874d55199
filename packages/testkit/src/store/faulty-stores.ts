import { SageError } from "@sage-kernel/core";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import {
  type Commit,
  type CommitOutcome,
  type CommitScope,
  isPromiseLike,
  type MaybePromise,
  memoryStateStores,
  type Random,
  type StateReader,
  type StateStore,
  type StateStoreFactory,
  type TaskProgress,
  type UnitOfWork,
} from "@sage-kernel/core/spi";

/**
 * What goes wrong at a commit.
 *
 * - `crashBefore`: the task fails, and nothing was written.
 * - `crashAfter`: all was written, and the task fails before it hears of it.
 * - `lostRequest`: nothing was written, and nobody knows.
 * - `lostReply`: all was written, and nobody knows.
 * - `late`: it is written, and answered, 1 ms later.
 * - `ghost`: nobody knows, and the request is carried out later, behind whatever has come meanwhile.
 * - `zombie`: the task fails, as if it stood still and was replaced, and its request is carried out when it wakes.
 */
export type CommitFault =
  | "crashBefore"
  | "crashAfter"
  | "lostRequest"
  | "lostReply"
  | "late"
  | {
      readonly kind: "ghost" | "zombie";
      /** How much later the request is carried out. */
      readonly ms: number;
    };

/** Decides over one call of `commit`; called for every attempt at a unit. */
export type FaultPlan = (unit: UnitOfWork, node: string) => CommitFault | undefined;

/** What a crash looks like to the task. */
export class CrashError extends Error {
  override readonly name = "CrashError";
}

/** What else goes wrong with the stores, and how. */
export interface FaultyStoresOptions {
  /** Runs something so many ms later; by default as soon as promises have settled. */
  readonly later?: (ms: number, run: () => void) => void;
  /** Asked when a task is opened again: whether the store cannot be reached. */
  readonly refusesOpen?: () => boolean;
}

/** A store whose commits fail as a plan says; everything else is up to the stores that it wraps. */
export class FaultyStores implements StateStoreFactory {
  readonly kind = "faulty";
  /** For `createRuntime({ adapters: [local(), stores.adapter] })`. */
  readonly adapter: Adapter;
  readonly #plan: FaultPlan;
  readonly #inner: StateStoreFactory;
  readonly #later: (ms: number, run: () => void) => void;
  readonly #refusesOpen: () => boolean;
  /** The faults so far: `node sequence fault`. */
  readonly log: string[] = [];

  constructor(
    plan: FaultPlan,
    inner: StateStoreFactory = memoryStateStores,
    { later = (_, run) => queueMicrotask(run), refusesOpen = () => false }: FaultyStoresOptions = {},
  ) {
    this.#plan = plan;
    this.#inner = inner;
    this.#later = later;
    this.#refusesOpen = refusesOpen;
    this.adapter = {
      name: "faulty-stores",
      register: (container) => void container.register(tokens.stateStores, { useValue: this }),
    };
  }

  create(job: string): StateStore {
    const store = this.#inner.create(job);
    const opened = new Set<string>();
    return {
      progress: (node) => store.progress(node),
      contents: (node) => store.contents(node),
      restore: (node, contents) => store.restore(node, contents),
      open: async (scope: CommitScope): Promise<Commit> => {
        if (opened.has(scope.node) && this.#refusesOpen())
          throw new CrashError("the store cannot be reached");
        opened.add(scope.node);
        const commit = await store.open(scope);
        return new FaultyCommit(commit, this.#later, (unit) => {
          const fault = this.#plan(unit, scope.node);
          if (fault !== undefined) this.log.push(`${scope.node} ${unit.sequence} ${nameOf(fault)}`);
          return fault;
        });
      },
    };
  }
}

/** A plan that lets chance decide: about one commit in `every` goes wrong, and at most `budget` in all. */
export function randomFaults(
  random: Random,
  every: number,
  budget: number,
  faults: readonly CommitFault[] = ["crashBefore", "crashAfter", "lostRequest", "lostReply", "late"],
): FaultPlan {
  let left = budget;
  return () => {
    if (left === 0 || random.next() * every >= 1) return undefined;
    left--;
    return faults[Math.floor(random.next() * faults.length)];
  };
}

function nameOf(fault: CommitFault): string {
  return typeof fault === "string" ? fault : fault.kind;
}

class FaultyCommit implements Commit {
  readonly #inner: Commit;
  readonly #later: (ms: number, run: () => void) => void;
  readonly #faultOf: (unit: UnitOfWork) => CommitFault | undefined;

  constructor(
    inner: Commit,
    later: (ms: number, run: () => void) => void,
    faultOf: (unit: UnitOfWork) => CommitFault | undefined,
  ) {
    this.#inner = inner;
    this.#later = later;
    this.#faultOf = faultOf;
  }

  get epoch(): number {
    return this.#inner.epoch;
  }

  get restored(): TaskProgress {
    return this.#inner.restored;
  }

  get state(): StateReader {
    return this.#inner.state;
  }

  get progress(): TaskProgress {
    return this.#inner.progress;
  }

  commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
    const what = `commit ${unit.sequence}`;
    const fault = this.#faultOf(unit);
    if (typeof fault === "object") {
      this.#later(fault.ms, () => this.#carryOut(unit));
      if (fault.kind === "zombie") throw new CrashError(`replaced in ${what}`);
      throw new SageError("COMMIT_UNANSWERED", { node: what, reason: "the request is still under way" });
    }
    switch (fault) {
      case "late":
        return new Promise<void>((resolve) => this.#later(1, resolve)).then(() => this.#inner.commit(unit));
      case "crashBefore":
        throw new CrashError(`crash before ${what}`);
      case "lostRequest":
        throw new SageError("COMMIT_UNANSWERED", { node: what, reason: "the request was lost" });
      case "crashAfter":
        return this.#applied(unit, new CrashError(`crash after ${what}`));
      case "lostReply":
        return this.#applied(
          unit,
          new SageError("COMMIT_UNANSWERED", { node: what, reason: "the reply was lost" }),
        );
      default:
        return this.#inner.commit(unit);
    }
  }

  /** Carries a request out for which nobody waits any more. */
  #carryOut(unit: UnitOfWork): void {
    try {
      const answer = this.#inner.commit(unit);
      if (isPromiseLike(answer)) answer.then(undefined, () => undefined);
    } catch {
      // as unheard as an answer
    }
  }

  /** Commits, and fails once that is done; a unit that was refused is answered as it is. */
  #applied(unit: UnitOfWork, error: Error): MaybePromise<CommitOutcome> {
    const failed = (outcome: CommitOutcome): CommitOutcome => {
      if (outcome.code === "applied" || outcome.code === "alreadyApplied") throw error;
      return outcome;
    };
    const answer = this.#inner.commit(unit);
    return isPromiseLike(answer) ? answer.then(failed) : failed(answer);
  }
}
