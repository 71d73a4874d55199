import { CallingSite, type ServiceAccess } from "../context/caller.ts";
import type { ServiceCaller } from "../context/service-caller.ts";
import type { StateAccess } from "../context/state-access.ts";
import { StateHandles } from "../context/state-handles.ts";
import { requireState, type StateScope } from "../context/state-scope.ts";
import type { TaskContext } from "../context/task-context.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Metrics } from "../host/metrics.port.ts";
import type { Random } from "../host/random.port.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { CallGroup } from "../service/call-scope.ts";
import { type Place, RecordCells } from "../state/record-cells.ts";
import type { TaskState } from "../state/task-state.ts";
import type { TimerTable } from "../state/timer-table.ts";
import { RecordSignals } from "./record-signals.ts";
import type { StepRequests } from "./request-access.ts";
import { TimerSignal, timerChannel } from "./timer-signal.ts";

/** What all contexts of one task instance have in common. */
export interface StepFacts
  extends Omit<TaskContext, "key" | "recordId" | "state" | "timer" | "clearTimer" | keyof ServiceCaller> {
  /** Whether the step's output carries keys. */
  readonly keyed: boolean;
  /** Name of the strategy that spreads the records of each input. */
  readonly strategies: readonly string[];
  /** The state of the task's incarnation. */
  readonly tables: TaskState;
  /** Whether records have keys, so that state belongs to them. */
  readonly seesKeys: boolean;
  /** Whether the step's code has `onTimer`. */
  readonly timed: boolean;
  /** Where it can call services, and who calls; `undefined` where there are none. */
  readonly services: ServiceAccess | undefined;
  /** The requests that the pipeline is called with; left out where it takes none. */
  readonly requests?: StepRequests | undefined;
  /** Why there is no state at all, in words; `undefined` where there is. */
  readonly stateless: string | undefined;
}

/** Which record a context belongs to; it moves where records run one after the other. */
export interface RecordPlace extends Place {
  /** The batch that the record is in; left out outside of records. */
  readonly batch?: Batch;
}

const nowhere: RecordPlace = Object.freeze({ index: -2 });

/**
 * The task context of records that run one after the other. A record that stays in flight keeps its context for
 * itself; those behind it get a {@link fork}.
 */
export class StepContext extends CallingSite implements TaskContext, StateScope {
  readonly facts: StepFacts;
  key: PartitionKey | undefined;
  readonly #signals: AbortSignal | RecordSignals;
  #place: RecordPlace;
  #own: AbortController | undefined;
  #cells: RecordCells | undefined;
  #state: StateHandles | undefined;

  /** With `RecordSignals` it has a signal of its own, which is made when somebody asks for it. */
  constructor(
    facts: StepFacts,
    place: RecordPlace = nowhere,
    key?: PartitionKey,
    signals: AbortSignal | RecordSignals = facts.signal,
  ) {
    super();
    this.facts = facts;
    this.key = key;
    this.#place = place;
    this.#signals = signals;
  }

  /** A context of the same task for the record at another place. */
  fork(
    place: RecordPlace,
    key?: PartitionKey,
    signals: AbortSignal | RecordSignals = this.#signals,
  ): StepContext {
    return new StepContext(this.facts, place, key, signals);
  }

  /** A context of the same task with another signal, or with signals for single records. */
  withSignals(signals: AbortSignal | RecordSignals): StepContext {
    return new StepContext(this.facts, this.#place, undefined, signals);
  }

  /** Ties the context to one record for good. */
  stay(place: RecordPlace): void {
    this.catchUp();
    this.#place = place;
    if (this.#cells !== undefined) this.#cells.place = place;
  }

  get recordId(): string {
    const { batch, index } = this.#place;
    if (batch === undefined) return "";
    const record = batch.payloads[index];
    // A timer is told from others by its key and its time, and not by when it came.
    if (record instanceof TimerSignal) return this.#timerId(record.at);
    return `${this.facts.job}/${batch.channel}:${batch.firstSeq + index}`;
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

  get state(): StateAccess {
    if (this.#state === undefined) this.#state = new StateHandles(this);
    return this.#state;
  }

  callerOf(operation: string): ServiceAccess {
    const { services } = this.facts;
    if (services === undefined) throw new SageError("NO_RUNTIME_CONTEXT", { operation });
    const { batch, index } = this.#place;
    const request = this.facts.requests?.scopeOf(batch?.headers?.[index]);
    if (this.#signals === this.facts.signal && request === undefined) return services;
    const group = new CallGroup(this.signal); // the record's, which may end before the task
    return { services: services.services, scope: { ...services.scope, ...request, group } };
  }

  timer(at: number): void {
    this.#timers(at).set(this.cells, this.key, at, this.#byRecord);
  }

  clearTimer(at: number): void {
    this.#timers(at).remove(this.cells, this.key, at);
  }

  get tables(): TaskState {
    return this.facts.tables;
  }

  get unavailable(): string | undefined {
    const { stateless, seesKeys, tables } = this.facts;
    if (stateless !== undefined) return stateless;
    if (this.#place === nowhere && !tables.inHook)
      return "the context of a hook has state while the hook runs; use the context that comes with a record";
    if (!seesKeys || this.key !== undefined) return undefined;
    return "it belongs to the keys of records, and there is no record here; use the context that comes with a record";
  }

  /** Whether a record is being worked on: no timer, and no hook. */
  get #byRecord(): boolean {
    const { batch } = this.#place;
    return batch !== undefined && batch.channel !== timerChannel;
  }

  #timerId(at: number): string {
    const { job, step, index } = this.facts;
    const key = this.key === undefined ? "" : `:${typeof this.key}:${this.key}`;
    return `${job}/${step}#${index}/timer:${at}${key}`;
  }

  #timers(at: number): TimerTable {
    requireState(this);
    const { step, timed, tables } = this.facts;
    if (!timed) {
      const problem = "timers need a function class that has onTimer()";
      throw new SageError("STATE_UNAVAILABLE", { step, problem });
    }
    if (Number.isFinite(at)) return tables.timers;
    const expected = "a time in ms since the Unix epoch, such as ctx.clock.now() + 1000";
    throw new SageError("INVALID_OPTION", {
      path: "timer(at)",
      problem: `is ${describeValue(at)}`,
      expected,
    });
  }

  /** What the record changes in the task's state. */
  get cells(): RecordCells {
    if (this.#cells === undefined) this.#cells = new RecordCells(this.#place);
    return this.#cells;
  }

  /** Whether the record at an index has changed the state. */
  changedAt(index: number): boolean {
    return this.#cells?.changedAt(index) === true;
  }

  /** The records before the one in place are done: what they changed counts. */
  catchUp(): void {
    this.#cells?.catchUp();
  }

  /** The attempt at the record in place has failed: what it changed does not count. */
  discard(): void {
    this.#cells?.discard();
  }

  /** Takes over what an attempt with a context of its own has changed. */
  adopt(other: StepContext): void {
    if (other.#cells !== undefined) this.cells.adopt(other.#cells);
  }

  /** The record has settled: the records behind it see what it changed. */
  settle(): void {
    this.#cells?.settle();
  }

  /** What the settled record changed becomes part of the unit of work. */
  commit(): void {
    this.#cells?.release();
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
