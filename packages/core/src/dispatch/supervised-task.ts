import { reasonOf, SageError } from "../errors/sage-error.ts";
import { abortable } from "../host/abortable.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { isRestartable, type RestartPolicy } from "../task/restart-strategy.ts";
import type { LoopProbe, Task, TaskOutcome, TaskReport } from "../task/task.port.ts";
import { isStale } from "./stale.ts";
import type { TaskInput } from "./task-maker.ts";

/** What a supervisor of one task works with. */
export interface SupervisorScope {
  readonly id: string;
  /** The machine, with the job's log. */
  readonly host: Host;
  readonly input: Pick<TaskInput, "close">;
  /** Decides over restarts; `undefined` where there are none. */
  readonly restarts: RestartPolicy | undefined;
  /** Makes the next incarnation, which goes on where the last commit of the task stands. */
  create(signal?: AbortSignal): Promise<Task>;
  /** Whether it may have to go on after it was completed, as its store may lose that: then it rests until it is {@link SupervisedTask.letGo}. */
  readonly rests?: boolean;
  /** Ends what the task keeps through its incarnations; called once, after the last one has ended. */
  release(): MaybePromise<void>;
}

/** Why the task is between two incarnations. */
interface Downtime {
  readonly dueAt: number;
  readonly reason: string;
  readonly abort: AbortController;
}

/**
 * A task through all of its incarnations: when one fails that may be restarted, its strategy says when the next one
 * follows. To everybody else it is one task, which ends once.
 */
export class SupervisedTask implements Task {
  readonly id: string;
  readonly done: Promise<TaskOutcome>;
  readonly #scope: SupervisorScope;
  #task!: Task;
  #down: Downtime | undefined;
  #settle!: (outcome: TaskOutcome) => void;
  #over = false;
  /** Completed, unless the store loses that. */
  #resting: TaskOutcome | undefined;
  readonly #onRest: (() => void)[] = [];
  /** How often the store may have lost something. */
  #losses = 0;
  /** How often it had when the latest incarnation was made. */
  #madeAt = 0;
  #loss: unknown;
  #closing = false;
  #cancelled = false;
  #draining = false;
  #started = false;
  #paused = false;

  constructor(scope: SupervisorScope) {
    this.id = scope.id;
    this.#scope = scope;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Makes the first incarnation; to be called once, before anything else. */
  async create(): Promise<void> {
    this.#madeAt = this.#losses;
    this.#task = await this.#scope.create();
  }

  /** Whether it is completed for all that is known, and may be let go. */
  get resting(): boolean {
    return this.#resting !== undefined;
  }

  /** Resolves when it rests, or has ended. */
  rest(): Promise<void> {
    if (this.resting || this.#over) return Promise.resolve();
    return new Promise((resolve) => this.#onRest.push(resolve));
  }

  /** Ends it for good where it rests: that it is completed will not be lost any more. */
  letGo(): void {
    if (this.#resting !== undefined) this.#end(this.#resting);
  }

  /** The store may have lost something: another incarnation goes on from what it has, also where this one has completed. */
  restart(error: unknown): void {
    if (this.#over || this.#cancelled) return;
    this.#losses++;
    this.#loss = error;
    if (!this.#started || this.#down !== undefined) return; // the next incarnation sees to it
    const resting = this.#resting;
    this.#resting = undefined;
    if (resting === undefined) this.#task.abandon(error);
    else void this.#failed(error);
  }

  async open(): Promise<void> {
    for (;;) {
      try {
        await this.#task.open();
        return;
      } catch (error) {
        if (!isStale(error) || this.#cancelled) throw error;
        await this.create(); // nothing has begun: another incarnation is opened in its place
      }
    }
  }

  start(): void {
    this.#started = true;
    this.#begin(this.#task);
  }

  /** Starts an incarnation, which may be of no use by now. */
  #begin(task: Task): void {
    this.#watch(task);
    task.start();
    if (this.#losses !== this.#madeAt) task.abandon(this.#loss);
  }

  abandon(error: unknown): void {
    if (this.#down === undefined) this.#task.abandon(error);
  }

  drain(): void {
    this.#draining = true;
    if (this.#down === undefined) this.#task.drain();
  }

  async cancel(): Promise<TaskOutcome> {
    this.#cancelled = true;
    this.#down?.abort.abort();
    const outcome = await this.#task.cancel();
    if (this.#down === undefined) this.#endCancelled(outcome);
    return this.done;
  }

  async pause(): Promise<void> {
    this.#paused = true;
    if (this.#down === undefined) await this.#task.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#down === undefined) this.#task.resume();
  }

  probe(): MaybePromise<LoopProbe> {
    if (this.#down === undefined) return this.#task.probe();
    return { idle: false, timers: false, outsideEnded: false, sent: {}, received: {} };
  }

  hurryTimers(): void {
    if (this.#down === undefined) this.#task.hurryTimers();
  }

  async refresh(): Promise<void> {
    if (this.#down === undefined) await this.#task.refresh?.();
  }

  report(): TaskReport {
    const report = this.#task.report();
    if (this.#closing) return { ...report, waitsFor: "its close(), which has not settled" };
    if (this.#down === undefined) return report;
    const { dueAt, reason } = this.#down;
    const inMs = Math.max(0, Math.round(dueAt - this.#scope.host.clock.monotonic()));
    const waitsFor = `its restart, which is due in ${inMs} ms, since it failed: ${reason}`;
    return { ...report, state: "restarting", waitsFor };
  }

  #watch(task: Task): void {
    void task.done.then((outcome) => {
      const again = outcome.state === "failed" && outcome.restartable && isRestartable(outcome.error);
      if (this.#cancelled) this.#endCancelled(outcome);
      else if (again) void this.#failed(outcome.error);
      else if (outcome.state !== "completed" || this.#scope.rests !== true) this.#end(outcome);
      else if (this.#losses !== this.#madeAt) void this.#failed(this.#loss);
      else this.#rest(outcome);
    });
  }

  #rest(outcome: TaskOutcome): void {
    this.#resting = outcome;
    for (const resolve of this.#onRest.splice(0)) resolve();
  }

  /** Ends the task after `cancel`, which comes before a failure that a restart would have followed. */
  #endCancelled(outcome: TaskOutcome): void {
    const forgiven = this.#scope.restarts !== undefined && outcome.state === "failed" && outcome.restartable;
    this.#end(forgiven && isRestartable(outcome.error) ? { state: "cancelled" } : outcome);
  }

  /** Ends the task for good; a failed one leaves its input open, for the next incarnation that will not be. */
  #end(outcome: TaskOutcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#closing = true;
    this.#down = undefined;
    this.#resting = undefined;
    for (const resolve of this.#onRest.splice(0)) resolve();
    if (outcome.state === "failed") this.#closeInbox();
    void this.#release(outcome).then((final) => {
      this.#closing = false;
      this.#settle(final);
    });
  }

  async #release(outcome: TaskOutcome): Promise<TaskOutcome> {
    const { id, host, release } = this.#scope;
    try {
      await release();
      return outcome;
    } catch (error) {
      const facts = { node: id, phase: "close", reason: reasonOf(error) };
      const failure = new SageError("OPERATOR_FAILED", facts, { cause: error });
      if (outcome.state === "completed") return { state: "failed", error: failure, restartable: false };
      host.logger.error(failure.message, { error: failure });
      return outcome;
    }
  }

  async #failed(error: unknown): Promise<void> {
    const { id, host, restarts } = this.#scope;
    const { clock } = host;
    const waitMs = isStale(error) ? 0 : restarts?.failed(clock.monotonic());
    if (waitMs === undefined) {
      this.#end({ state: "failed", error: this.#final(error), restartable: false });
      return;
    }
    const reason = reasonOf(error);
    host.logger.warn(() => `Task "${id}" failed and is restarted in ${Math.round(waitMs)} ms: ${reason}`, {
      task: id,
      error,
    });
    const abort = new AbortController();
    this.#down = { dueAt: clock.monotonic() + waitMs, reason, abort };
    try {
      await clock.sleep(waitMs, abort.signal).catch(() => undefined);
      if (!abort.signal.aborted) await this.#next(abort.signal);
      if (abort.signal.aborted) this.#giveUp();
    } catch (next) {
      if (abort.signal.aborted) this.#giveUp();
      else if (isRestartable(next)) await this.#failed(next);
      else this.#end({ state: "failed", error: next, restartable: false });
    }
  }

  /** Makes, opens and starts the next incarnation. */
  async #next(signal: AbortSignal): Promise<void> {
    this.#madeAt = this.#losses;
    const task = await this.#scope.create(signal);
    this.#task = task;
    try {
      if (signal.aborted) return;
      await abortable(task.open(), signal);
    } catch (error) {
      await task.cancel();
      throw error;
    }
    if (signal.aborted) return;
    this.#down = undefined;
    if (this.#paused) void task.pause();
    this.#begin(task);
    if (this.#draining) task.drain();
  }

  /** Cancelled between two incarnations. */
  #giveUp(): void {
    const closed = this.#task.cancel();
    this.#closeInbox();
    void closed.then(() => this.#end({ state: "cancelled" }));
  }

  #final(error: unknown): unknown {
    const { id, restarts } = this.#scope;
    if (restarts === undefined) return error;
    const facts = { node: id, strategy: restarts.describe(), reason: reasonOf(error) };
    return new SageError("RESTARTS_EXHAUSTED", facts, { cause: error });
  }

  #closeInbox(): void {
    const { id, input, host } = this.#scope;
    const warn = (error: unknown): void =>
      host.logger.warn(() => `Closing the input of "${id}" failed: ${reasonOf(error)}`, { task: id, error });
    try {
      Promise.resolve(input.close()).catch(warn);
    } catch (error) {
      warn(error);
    }
  }
}
