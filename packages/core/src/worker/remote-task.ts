import type { JsonObject } from "../errors/json.ts";
import { hasCode, SageError } from "../errors/sage-error.ts";
import { decodeError, encodeError } from "../errors/wire-error.ts";
import type { CrashCounts } from "../task/crash-counts.ts";
import type { LoopProbe, Task, TaskOutcome, TaskReport } from "../task/task.port.ts";
import type { RunWatcher, WorkerLink } from "./worker-link.ts";
import type { RunState, WireOutcome, WorkerOperation } from "./worker-message.ts";

/** What one incarnation of a task in a worker works with. */
export interface RemoteTaskScope {
  /** Id of the task instance. */
  readonly id: string;
  /** What the incarnation is called. */
  readonly run: string;
  readonly link: WorkerLink;
  /** How often records have brought the task down, here and there. */
  readonly crashes: CrashCounts;
  readonly onIdle: (() => void) | undefined;
}

/** One incarnation of a task that lives in a worker, as its manager sees it. */
export class RemoteTask implements Task, RunWatcher {
  readonly id: string;
  readonly done: Promise<TaskOutcome>;
  /** For the head of a loop: whether the end of the loop is delivered to it. */
  loopEnded = false;
  readonly #scope: RemoteTaskScope;
  #report: TaskReport;
  #settle!: (outcome: TaskOutcome) => void;
  /** How it has ended, once it has. */
  #over: TaskOutcome | undefined;
  #cancelled = false;

  /** `report` is how it stood when it was made. */
  constructor(scope: RemoteTaskScope, report: TaskReport) {
    this.id = scope.id;
    this.#scope = scope;
    this.#report = report;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async open(): Promise<void> {
    try {
      await this.#ask("open");
    } catch (error) {
      if (this.#over?.state === "failed") throw this.#over.error; // which is why it could not be opened
      throw error;
    }
    if (this.#over?.state === "failed") throw this.#over.error;
  }

  start(): void {
    this.#tell("start");
  }

  drain(): void {
    this.#tell("drain");
  }

  async cancel(): Promise<TaskOutcome> {
    this.#cancelled = true;
    if (this.#scope.link.lost !== undefined) this.#end({ state: "cancelled" });
    else this.#tell("cancel");
    return this.done;
  }

  abandon(error: unknown): void {
    this.#tell("abandon", { error: encodeError(error) as unknown as JsonObject });
  }

  async pause(): Promise<void> {
    // A worker that is lost meanwhile has stopped it in its way: the next incarnation is paused before it starts.
    await this.#ask("pause").catch(() => undefined);
  }

  resume(): void {
    this.#tell("resume");
  }

  async probe(): Promise<LoopProbe> {
    if (this.#over !== undefined) return nothingKnown;
    return (await this.#ask("probe").catch(() => nothingKnown)) as unknown as LoopProbe;
  }

  hurryTimers(): void {
    this.#tell("hurryTimers");
  }

  /** Announces the end of its loop, or takes that back. */
  tellLoop(ended: boolean): void {
    if (!ended) this.loopEnded = false;
    this.#tell(ended ? "endLoop" : "forgetLoopEnd");
  }

  report(): TaskReport {
    return this.#report;
  }

  async refresh(): Promise<void> {
    if (this.#over !== undefined) return;
    const state = await this.#ask("report").catch(() => undefined); // then the last one is all there is
    if (state !== undefined) this.onState(state as unknown as RunState);
  }

  onState({ task, loopEnded, crashes, outcome }: RunState): void {
    if (this.#over !== undefined) return;
    if (task !== undefined) this.#report = task;
    if (loopEnded !== undefined) this.loopEnded = loopEnded;
    if (crashes !== undefined) this.#scope.crashes.replace(crashes);
    if (outcome === undefined) return;
    this.#end(this.#outcomeOf(outcome));
    this.#scope.link.drop(this.#scope.run);
  }

  onIdle(): void {
    this.#scope.onIdle?.();
  }

  onLeaving(error: SageError): void {
    this.abandon(error);
  }

  onLost(error: SageError): void {
    this.#end(this.#cancelled ? { state: "cancelled" } : { state: "failed", error, restartable: true });
  }

  #end(outcome: TaskOutcome): void {
    this.#over ??= outcome;
    this.#settle(outcome);
  }

  /**
   * As its manager sees it. Where an incarnation was fenced, a late one of a worker that was taken for dead has begun: while
   * the job is still this manager's, another one follows, which fences that.
   */
  #outcomeOf(outcome: WireOutcome): TaskOutcome {
    if (outcome.state !== "failed") return outcome;
    const error = decodeError(outcome.error);
    const byTask = hasCode(error, "FENCED") && error.details.epoch !== 0;
    if (!byTask) return { ...outcome, error };
    const why = "a late incarnation of the task has begun elsewhere";
    const lost = new SageError("WORKER_LOST", { worker: this.#scope.link.name, why }, { cause: error });
    return { state: "failed", error: lost, restartable: true };
  }

  #ask(op: WorkerOperation) {
    return this.#scope.link.ask(op, { run: this.#scope.run });
  }

  #tell(op: WorkerOperation, more: JsonObject = {}): void {
    if (this.#over === undefined && this.#scope.link.lost === undefined)
      this.#scope.link.tell(op, { run: this.#scope.run, ...more });
  }
}

/** What a probe answers for a task of which nothing is known. */
const nothingKnown: LoopProbe = { idle: false, timers: false, outsideEnded: false, sent: {}, received: {} };
