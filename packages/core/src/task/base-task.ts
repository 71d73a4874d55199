import type { JsonValue } from "../errors/json.ts";
import { isSageError, reasonOf, SageError } from "../errors/sage-error.ts";
import type { StepContext } from "../operator/step-context.ts";
import { timerChannel } from "../operator/timer-signal.ts";
import { sizeNow } from "../queue/size-now.ts";
import { type LedgerCounts, TaskLedger } from "../state/ledger.ts";
import { assembleTask } from "./assemble-task.ts";
import { endInput } from "./end-input.ts";
import { LifeCycle } from "./life-cycle.ts";
import type { OnLoopEnd } from "./loop-phase.ts";
import type { LoopScope } from "./loop-scope.ts";
import { isRestartable } from "./restart-strategy.ts";
import { type Inbox, sourceChannel } from "./source-inbox.ts";
import type { LoopProbe, Task, TaskOutcome, TaskReport, TaskSpec } from "./task.port.ts";
import type { TaskInbox } from "./task-inbox.ts";
import { noInput } from "./unit-committer.ts";
import { describeWait } from "./wait-report.ts";
import { WorkerLoop } from "./worker-loop.ts";

/** How long a cancelled task waits for an asynchronous record in flight before it closes its operator, in ms. */
const cancelGraceMs = 1000;

/** A task whose loop runs on the scheduler of its host: life-cycle, worker loop and stop bookkeeping put together. */
export class BaseTask implements Task {
  readonly id: string;
  readonly done: Promise<TaskOutcome>;
  readonly #spec: TaskSpec;
  readonly #life: LifeCycle;
  readonly #ctx: StepContext;
  readonly #scope: LoopScope;
  readonly #loop: WorkerLoop;
  readonly #abort = new AbortController();
  #settle!: (outcome: TaskOutcome) => void;
  #ending: Promise<void> | undefined;
  #opened = false;
  #closing = false;

  constructor(spec: TaskSpec) {
    this.id = spec.id;
    this.#spec = spec;
    this.#life = new LifeCycle(`Task "${spec.id}"`);
    const { ctx, scope } = assembleTask(spec, this.#abort.signal);
    this.#ctx = ctx;
    this.#scope = scope;
    this.#loop = new WorkerLoop(this.#scope, (failure) => void this.#onLoopEnd(failure));
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async open(): Promise<void> {
    this.#life.to("starting");
    this.#opened = true;
    const { operator } = this.#spec;
    let phase = "open";
    try {
      await operator.open(this.#ctx);
      phase = "recover";
      await this.#scope.transactions?.recover(this.#spec.commit.restored.sequence);
      if (this.#scope.finished) return;
      this.#ctx.cells.accept();
      for (const input of this.#scope.tracker.endedInputs) {
        phase = `onInputEnd(${input})`; // an input that ended before the restart has ended for this operator, too
        await endInput(operator, this.#ctx, input);
      }
      this.#ctx.tables.inHook = false;
    } catch (error) {
      throw new SageError(
        "OPERATOR_FAILED",
        { node: this.id, phase, reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  start(): void {
    this.#life.to("running");
    const position = this.#spec.inbox.beginning;
    if (position === undefined) this.#loop.start();
    else this.#begin(position);
  }

  /** Starts once it is committed where the input begins. */
  #begin(position: JsonValue): void {
    const start = (): void => {
      if (!this.#abort.signal.aborted) this.#loop.start();
    };
    const failed = (error: unknown): void => void this.#onLoopEnd({ error, phase: "ready" });
    try {
      if (this.#scope.committer.commit({ ...noInput, position }, start, failed)) start();
    } catch (error) {
      failed(error);
    }
  }

  drain(): void {
    if (this.#life.terminal || !this.#isSource) return;
    if (this.#life.state === "running") this.#life.to("draining");
    this.#closeInbox();
  }

  async cancel(): Promise<TaskOutcome> {
    if (this.#life.terminal || this.#abort.signal.aborted) return this.done;
    const busy = this.#loop.idle !== undefined;
    this.#loop.abort();
    this.#abort.abort(new SageError("CANCELLED", { what: `Task "${this.id}"` }));
    this.#closeInbox();
    if (busy) await this.#grace();
    else await Promise.resolve(); // a record may be on the stack: its function may have called this
    await this.#end({ state: "cancelled" });
    return this.done;
  }

  abandon(error: unknown): void {
    if (this.#life.terminal || this.#abort.signal.aborted || this.#ending !== undefined) return;
    this.#loop.abort();
    void this.#onLoopEnd({ error, phase: "ready" });
  }

  async pause(): Promise<void> {
    if (!this.#life.terminal && !this.#abort.signal.aborted) await this.#loop.pause();
  }

  resume(): void {
    this.#loop.resume();
  }

  probe(): LoopProbe {
    const { tracker, timers } = this.#scope;
    const received = Object.fromEntries(tracker.received());
    const timersOnTheWay = timers !== undefined && timers.fired !== (received[timerChannel] ?? 0);
    const over = this.#life.terminal && this.#life.state !== "failed"; // after a failure it may go on
    const inLoop = (channel: { readonly loop?: boolean; readonly channel: number }): boolean =>
      channel.loop === true || channel.channel < sourceChannel;
    return {
      idle: over || (this.#loop.waiting && !timersOnTheWay),
      timers: !over && timers?.pending === true,
      outsideEnded: tracker.stopped((channel) => !inLoop(channel)),
      sent: this.#sent(),
      received,
    };
  }

  hurryTimers(): void {
    if (!this.#life.terminal) this.#scope.timers?.hurry();
  }

  report(): TaskReport {
    const { id, step } = this.#spec;
    const waitsFor = this.#life.terminal ? undefined : this.#describeWait();
    return {
      id,
      step,
      state: this.#life.state,
      ledger: this.#counts(),
      times: this.#spec.stats.toJSON(),
      restarts: this.#spec.commit.epoch - 1,
      sent: this.#sent(),
      received: Object.fromEntries(this.#scope.tracker.received()),
      moving: !this.#life.terminal && (this.#loop.moving || this.#ending !== undefined),
      queue: fillOf(this.#spec.inbox),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    };
  }

  /** The counts of the last commit; what was received since then is in flight. */
  #counts(): LedgerCounts {
    const counts = new TaskLedger();
    counts.set(this.#spec.commit.progress.ledger);
    counts.received = this.#scope.ledger.received;
    return counts.toJSON();
  }

  /** What was committed of its outputs, by channel. */
  #sent(): Record<string, number> {
    const { router, commit } = this.#spec;
    return Object.fromEntries([...router.sent().keys()].map((id) => [id, commit.progress.sent.records(id)]));
  }

  get #isSource(): boolean {
    return this.#spec.channels.every((channel) => channel.channel === sourceChannel);
  }

  async #onLoopEnd(failure: Parameters<OnLoopEnd>[0]): Promise<void> {
    if (failure === undefined) return this.#end({ state: "completed" });
    const { error } = failure;
    const phase = failure.phase === "finish" ? "finish" : this.#isSource ? "reading its source" : "its loop";
    const facts = { node: this.id, phase, reason: reasonOf(error) };
    const restartable = !this.#scope.faults.isFinal(error) && isRestartable(error);
    this.#abort.abort(error);
    if (this.#loop.idle !== undefined) await this.#grace();
    await this.#end({
      state: "failed",
      error: isSageError(error) ? error : new SageError("OPERATOR_FAILED", facts, { cause: error }),
      restartable,
    });
  }

  /** Closes the input; a source that fails to close has nothing more to give, so that only goes to the log. */
  #closeInbox(): void {
    const warn = (error: unknown): void => {
      this.#spec.host.logger.warn(() => `Closing the input of "${this.id}" failed: ${reasonOf(error)}`, {
        error,
      });
    };
    try {
      Promise.resolve(this.#spec.inbox.close()).catch(warn);
    } catch (error) {
      warn(error);
    }
  }

  /** Closes the operator and settles `done`, once; the first outcome counts. */
  #end(outcome: TaskOutcome): Promise<void> {
    this.#ending ??= this.#close(outcome).then((final) => {
      this.#life.to(final.state);
      this.#settle(final);
    });
    return this.#ending;
  }

  async #close(outcome: TaskOutcome): Promise<TaskOutcome> {
    this.#scope.timers?.stop();
    if (!this.#opened) return outcome;
    await this.#scope.committer.transaction?.catch(() => undefined); // it may become visible still
    this.#closing = true;
    try {
      await this.#spec.operator.close();
      return outcome;
    } catch (error) {
      const facts = { node: this.id, phase: "close", reason: reasonOf(error) };
      const failure = new SageError("OPERATOR_FAILED", facts, { cause: error });
      if (outcome.state === "completed") return { state: "failed", error: failure, restartable: false };
      this.#spec.host.logger.error(failure.message, { error: failure });
      return outcome;
    }
  }

  async #grace(): Promise<void> {
    const stop = new AbortController();
    const { clock, scheduler } = this.#spec.host;
    await Promise.race([this.#loop.idle, clock.sleep(cancelGraceMs, stop.signal).catch(() => undefined)]);
    stop.abort();
    await scheduler.yield();
  }

  #describeWait(): string | undefined {
    if (this.#closing) return "its close(), which has not settled";
    if (this.#scope.committer.transaction !== undefined) {
      return "stage() or commit() of its sink, which has not settled";
    }
    if (this.#abort.signal.aborted) return "its function, which has not settled since the task was cancelled";
    return describeWait({ ...this.#scope, loop: this.#loop, isSource: this.#isSource });
  }
}

function fillOf(
  inbox: Inbox & Partial<Pick<TaskInbox, "size" | "fill" | "descriptor">>,
): TaskReport["queue"] {
  const size = sizeNow(inbox);
  const { descriptor } = inbox;
  return size !== undefined && descriptor !== undefined ? { size, capacity: descriptor.capacity } : null;
}
