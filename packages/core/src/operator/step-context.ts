import type { TaskContext } from "../context/task-context.ts";
import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Metrics } from "../host/metrics.port.ts";
import type { Random } from "../host/random.port.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { RecordSignals } from "./record-signals.ts";

/** What all contexts of one task instance have in common. */
export interface StepFacts extends Omit<TaskContext, "key"> {
  /** Whether the step's output carries keys. */
  readonly keyed: boolean;
  /** Name of the strategy that spreads the records of each input. */
  readonly strategies: readonly string[];
}

/**
 * The task context of records that run one after the other. A record that stays in flight keeps its context for
 * itself; those behind it get a {@link fork}.
 */
export class StepContext implements TaskContext {
  readonly facts: StepFacts;
  key: PartitionKey | undefined;
  readonly #signals: AbortSignal | RecordSignals;
  #own: AbortController | undefined;

  /** With `RecordSignals` it has a signal of its own, which is made when somebody asks for it. */
  constructor(facts: StepFacts, key?: PartitionKey, signals: AbortSignal | RecordSignals = facts.signal) {
    this.facts = facts;
    this.key = key;
    this.#signals = signals;
  }

  /** A context of the same task for another record. */
  fork(key?: PartitionKey, signals?: AbortSignal | RecordSignals): StepContext {
    return new StepContext(this.facts, key, signals);
  }

  get signal(): AbortSignal {
    if (!(this.#signals instanceof RecordSignals)) return this.#signals;
    if (this.#own === undefined) this.#own = this.#signals.open();
    return this.#own.signal;
  }

  /** True when somebody has asked for a signal of its own. */
  get used(): boolean {
    return this.#own !== undefined;
  }

  /** Lets go of a signal of its own: the record has settled, and the next one will get another. */
  release(): void {
    if (this.#own === undefined || !(this.#signals instanceof RecordSignals)) return;
    this.#signals.close(this.#own);
    this.#own = undefined;
  }

  get job(): string {
    return this.facts.job;
  }

  get step(): string {
    return this.facts.step;
  }

  get index(): number {
    return this.facts.index;
  }

  get parallelism(): number {
    return this.facts.parallelism;
  }

  get log(): Logger {
    return this.facts.log;
  }

  get metrics(): Metrics {
    return this.facts.metrics;
  }

  get clock(): Clock {
    return this.facts.clock;
  }

  get random(): Random {
    return this.facts.random;
  }
}
