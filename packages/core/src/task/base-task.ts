import { isSageError, reasonOf, SageError } from "../errors/sage-error.ts";
import { StepContext } from "../operator/step-context.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import type { Commit } from "../state/commit.port.ts";
import { type LedgerCounts, TaskLedger } from "../state/ledger.ts";
import { FaultPolicy } from "./fault-policy.ts";
import { InputTracker } from "./input-tracker.ts";
import { LifeCycle } from "./life-cycle.ts";
import { Pace } from "./pace.ts";
import { RecordRunner } from "./record-runner.ts";
import { sourceChannel } from "./source-inbox.ts";
import type { Task, TaskOutcome, TaskReport, TaskSpec } from "./task.port.ts";
import { type OnLoopEnd, WorkerLoop } from "./worker-loop.ts";

/** How long a cancelled task waits for an asynchronous record in flight before it closes its operator, in ms. */
const cancelGraceMs = 1000;
const inUserCode = "its function, which has not settled a record";

/** A task whose loop runs on the scheduler of its host: life-cycle, worker loop and stop bookkeeping put together. */
export class BaseTask implements Task {
  readonly id: string;
  readonly done: Promise<TaskOutcome>;
  readonly #spec: TaskSpec;
  readonly #life: LifeCycle;
  readonly #ledger = new TaskLedger();
  readonly #tracker: InputTracker;
  readonly #commit: Commit;
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
    this.#tracker = new InputTracker(spec.id, spec.channels);
    this.#commit = spec.commits.create({ node: spec.id, input: spec.inbox, deadLetters: spec.deadLetters });
    this.#loop = this.#createLoop();
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async open(): Promise<void> {
    this.#life.to("starting");
    const { id, job, step, index, parallelism, operator, host } = this.#spec;
    const ctx = new StepContext({
      job,
      step,
      index,
      parallelism,
      log: host.logger.child({ job, task: id }),
      metrics: host.metrics,
      clock: host.clock,
      random: host.random.fork(`${job}/${id}`),
      signal: this.#abort.signal,
    });
    this.#opened = true;
    try {
      await operator.open(ctx);
    } catch (error) {
      throw new SageError(
        "OPERATOR_FAILED",
        { node: id, phase: "open", reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  start(): void {
    this.#life.to("running");
    this.#loop.start();
  }

  drain(): void {
    if (this.#life.terminal || !this.#isSource) return;
    if (this.#life.state === "running") this.#life.to("draining");
    this.#closeInbox();
  }

  async cancel(): Promise<TaskOutcome> {
    if (this.#life.terminal || this.#abort.signal.aborted) return this.done;
    const busy = this.#loop.phase === "record";
    this.#loop.abort();
    this.#abort.abort(new SageError("CANCELLED", { what: `Task "${this.id}"` }));
    this.#closeInbox();
    if (busy) await this.#grace();
    else await Promise.resolve(); // a record may be on the stack: its function may have called this
    await this.#end({ state: "cancelled" });
    return this.done;
  }

  report(): TaskReport {
    const { id, step } = this.#spec;
    const waitsFor = this.#life.terminal ? undefined : this.#describeWait();
    return {
      id,
      step,
      state: this.#life.state,
      ledger: this.#counts(),
      sent: Object.fromEntries(this.#spec.router.sent()),
      received: Object.fromEntries(this.#tracker.received()),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    };
  }

  /** The counts of the last commit; what was received since then is in flight. */
  #counts(): LedgerCounts {
    const counts = new TaskLedger();
    counts.set(this.#commit.ledger);
    counts.received = this.#ledger.received;
    return counts.toJSON();
  }

  get #isSource(): boolean {
    return this.#spec.channels.every((channel) => channel.channel === sourceChannel);
  }

  #createLoop(): WorkerLoop {
    const { id, operator, router, inbox, onError, concurrency, limits, host } = this.#spec;
    const { clock, scheduler } = host;
    const ledger = this.#ledger;
    const out = new RecordBuffer();
    const log = host.logger.child({ job: this.#spec.job, task: id });
    const faults = new FaultPolicy({ node: id, onError, ledger, clock, log });
    const signal = this.#abort.signal;
    const runner = new RecordRunner({ operator, router, out, ledger, faults, concurrency, signal });
    const pace = new Pace(clock, limits, concurrency);
    const { maxBatch } = limits;
    const tracker = this.#tracker;
    const commit = this.#commit;
    const scope = {
      node: id,
      inbox,
      tracker,
      operator,
      runner,
      router,
      commit,
      ledger,
      faults,
      out,
      pace,
      maxBatch,
      scheduler,
      clock,
    };
    return new WorkerLoop(scope, (failure) => void this.#onLoopEnd(failure));
  }

  async #onLoopEnd(failure: Parameters<OnLoopEnd>[0]): Promise<void> {
    if (failure === undefined) return this.#end({ state: "completed" });
    const { error } = failure;
    const phase = failure.phase === "finish" ? "finish" : this.#isSource ? "reading its source" : "its loop";
    const facts = { node: this.id, phase, reason: reasonOf(error) };
    this.#abort.abort(error);
    this.#closeInbox();
    await this.#end({
      state: "failed",
      error: isSageError(error) ? error : new SageError("OPERATOR_FAILED", facts, { cause: error }),
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
    if (!this.#opened) return outcome;
    this.#closing = true;
    try {
      await this.#spec.operator.close();
      return outcome;
    } catch (error) {
      const facts = { node: this.id, phase: "close", reason: reasonOf(error) };
      const failure = new SageError("OPERATOR_FAILED", facts, { cause: error });
      if (outcome.state === "completed") return { state: "failed", error: failure };
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
    if (this.#closing) return "its close()";
    if (this.#abort.signal.aborted) return inUserCode;
    switch (this.#loop.phase) {
      case "input":
        return `input from ${this.#tracker.awaited.filter((s) => s !== this.id).join(", ") || "its source"}`;
      case "record":
        return inUserCode;
      case "room":
        return `room in ${this.#fullest()}`;
      case "finish":
        return "finish() or the hand-over of its last outputs";
      default:
        return undefined;
    }
  }

  /** The targets that cannot take more. */
  #fullest(): string {
    const full = this.#spec.router.groups.flatMap((group) =>
      group.connections.filter((c) => c.bufferLoad() >= 1),
    );
    return full.map((c) => `${c.target.step}#${c.target.index}`).join(", ") || "a downstream queue";
  }
}
