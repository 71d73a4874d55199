import { reasonOf } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import type { StateStoreFactory } from "../state/state-store.port.ts";
import { CrashCounts } from "../task/crash-counts.ts";
import type { ServiceReport } from "../task/service-stats.ts";
import type { ServiceTaskFactory } from "../task/service-task.port.ts";
import type { TaskFactory, TaskOutcome, TaskReport } from "../task/task.port.ts";
import { TaskStats } from "../task/task-stats.ts";
import { CompletionWatch } from "./completion-watch.ts";
import { gather } from "./gather.ts";
import { JobRequests } from "./job-requests.ts";
import type { JobRestarts } from "./job-restarts.ts";
import { JobServices } from "./job-services.ts";
import { JobWiring } from "./job-wiring.ts";
import type { LoopWatch } from "./loop-watch.ts";
import { type RedriveCount, Redriver } from "./redriver.ts";
import { inTime } from "./release-in-time.ts";
import { Settlement } from "./settlement.ts";
import { StoreEnd, type StoreEndScope } from "./store-end.ts";
import { SupervisedTask } from "./supervised-task.ts";
import { LocalTaskMaker, type TaskInput, type TaskMaker } from "./task-maker.ts";
import { type SpecScope, type TaskLife, TaskSpecs } from "./task-specs.ts";
import { watchLoop } from "./watch-loop.ts";

/** What a dispatcher works with. */
export interface DispatchScope extends Omit<SpecScope, "requests"> {
  readonly drivers: DriverRegistry;
  readonly tasks: TaskFactory;
  /** Makes the tasks where they do not live in this process. */
  readonly makeTasks?: ((wiring: JobWiring) => TaskMaker) | undefined;
  /** See {@link StoreEnd}. */
  readonly onEnding?: StoreEndScope["onEnding"];
  readonly serviceTasks: ServiceTaskFactory;
  /** Whose store the job has. */
  readonly stores: Pick<StateStoreFactory, "queues">;
  /** Who decides over restarts. */
  readonly restarts: JobRestarts;
  /** Whether records are refused that could not cross a process. */
  readonly strictPayloads: boolean;
}

/** For one job: creates its tasks through the factory, opens, starts, watches and stops them, and cleans up. */
export class Dispatcher {
  readonly #scope: DispatchScope;
  readonly #handles: QueueHandles;
  readonly #tasks: SupervisedTask[] = [];
  readonly #watches: LoopWatch[] = [];
  readonly #requests: JobRequests;
  readonly #services: JobServices;
  readonly #end: StoreEnd;
  /** Rejects when a deployment under way is given up. */
  readonly #abandoned: Promise<never>;
  #abandon!: (reason: unknown) => void;
  /** Rejects when the job is left to others. */
  readonly #left: Promise<never>;
  #leave!: (reason: unknown) => void;
  /** Resolves when somebody stops the job. */
  readonly #stopAsked: Promise<void>;
  #askStop!: () => void;
  #redriver: Redriver | undefined;
  #completion: CompletionWatch | undefined;
  #failure: TaskOutcome | undefined;
  #cancelled = false;

  constructor(scope: DispatchScope) {
    this.#abandoned = new Promise((_, reject) => {
      this.#abandon = reject;
    });
    this.#abandoned.catch(() => undefined);
    this.#left = new Promise((_, reject) => {
      this.#leave = reject;
    });
    this.#left.catch(() => undefined);
    this.#scope = scope;
    this.#end = new StoreEnd(scope);
    this.#handles = new QueueHandles(scope.drivers);
    this.#requests = new JobRequests({ ...scope, graph: scope.pipeline.graph });
    this.#services = new JobServices({ ...scope, requests: this.#requests });
    this.#stopAsked = new Promise((resolve) => {
      this.#askStop = resolve;
    });
  }

  /**
   * Starts the services, creates all tasks and opens their operators, downstream first. When anything fails, everything
   * is released.
   *
   * @throws SageError `OPERATOR_FAILED` or `SERVICE_START_FAILED` with the cause, or what a driver or a source throws.
   */
  async deploy(): Promise<void> {
    try {
      await Promise.race([this.#services.start(), this.#abandoned]);
      await this.#createTasks();
      for (const task of [...this.#tasks].reverse()) await Promise.race([task.open(), this.#abandoned]);
    } catch (error) {
      await inTime(this.#scope, this.release(), () => this.report());
      throw error;
    }
  }

  /** Makes a deployment that is under way fail with this reason, even while an `open` does not settle. */
  abandon(reason: unknown): void {
    this.#abandon(reason);
  }

  /**
   * Starts all tasks. Resolves when every one has ended, the services have stopped and all queues are closed. Services
   * without a pipeline run until they are stopped.
   */
  run(): Promise<TaskOutcome> {
    return Promise.race([this.#run(), this.#left]);
  }

  /** Leaves the job as it is, for somebody else: nothing of it is ended, and {@link run} rejects with this reason. */
  leave(reason: unknown): void {
    this.#abandon(reason);
    this.#completion?.stop();
    void this.#end.leave();
    this.#leave(reason);
  }

  async #run(): Promise<TaskOutcome> {
    const ends = this.#tasks.map((task) =>
      task.done.then((outcome) => {
        if (outcome.state === "failed") this.#fail(outcome.error, task.id);
        for (const watch of this.#watches) watch.look();
        return outcome;
      }),
    );
    if (this.#scope.makeTasks !== undefined) this.#scope.store.started?.();
    for (const task of this.#tasks) task.start();
    await this.#completion?.ended().catch((error: unknown) => this.#fail(error, "the end of its tasks"));
    const outcomes = await Promise.all(ends);
    if (outcomes.length === 0) await this.#stopAsked;
    await this.#services.stop(this.#failure === undefined && !this.#cancelled);
    if (this.#scope.makeTasks !== undefined)
      await gather(this.#scope).catch((error: unknown) => this.#fail(error, "its results"));
    await this.#end.note(this.#outcome(outcomes));
    await this.#handles.close().catch((error: unknown) => this.#fail(error, "its queues"));
    await this.#redriver?.end(); // what is refused now counts as not sent
    await this.#end.release();
    return this.#outcome(outcomes);
  }

  /** What has become of the job, by what has become of its tasks. */
  #outcome(outcomes: readonly TaskOutcome[]): TaskOutcome {
    if (this.#failure !== undefined) return this.#failure;
    const alone = outcomes.length === 0; // services without a pipeline end as they are told to
    const completed = alone ? !this.#cancelled : outcomes.every((o) => o.state === "completed");
    return { state: completed ? "completed" : "cancelled" };
  }

  /** Ends the sources; what they took still arrives. Sources of requests end once these are answered. */
  drain(): void {
    this.#askStop();
    const isFront = ({ id }: SupervisedTask): boolean => this.#requests.isFront(id);
    for (const task of this.#tasks) if (!isFront(task)) task.drain();
    const fronts = this.#tasks.filter(isFront);
    if (fronts.length === 0) return;
    void this.#services.endRequests().then(() => {
      for (const front of fronts) front.drain();
    });
  }

  /** Stops every task at once. */
  cancel(): void {
    this.#cancelled = true;
    this.#askStop();
    void this.#end.note(this.#failure ?? { state: "cancelled" });
    for (const task of this.#tasks) void task.cancel();
  }

  /** Lets no task take a further record; resolves when nothing moves any more. */
  async pause(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.pause()));
  }

  /** Lets the tasks go on. */
  resume(): void {
    for (const task of this.#tasks) task.resume();
  }

  /**
   * Puts a dead letter's record into the inbox of the task that failed on it; done, or settled, when that has taken it.
   *
   * @throws SageError `REDRIVE_REFUSED`.
   */
  redrive(letter: DeadLetter): MaybePromise<void> {
    return (this.#redriver as Redriver).redrive(letter);
  }

  /** What was redriven so far, by task and channel. */
  redriven(): readonly RedriveCount[] {
    return this.#redriver?.sent() ?? [];
  }

  /** Brings everything that was read to its end, without an end. @throws SageError `SNAPSHOT_REFUSED`. */
  async settle(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { job, pipeline, host } = this.#scope;
    await new Settlement({ job, graph: pipeline.graph, host, tasks: this.#tasks }).settle(timeoutMs, signal);
  }

  /** How the tasks stand. */
  report(): TaskReport[] {
    return this.#tasks.map((task) => task.report());
  }

  /** How the services stand. */
  services(): ServiceReport[] {
    return this.#services.report();
  }

  /** Closes everything of a deployment that was never run. */
  async release(): Promise<void> {
    const { makeTasks, store } = this.#scope;
    if (makeTasks !== undefined && store.resumed === true) await this.#end.leave(); // it goes on under its tasks elsewhere
    this.#completion?.stop();
    void this.#end.note();
    await Promise.all(this.#tasks.map((task) => task.cancel()));
    await this.#services.stop(false);
    await this.#handles.close();
    await this.#end.release();
  }

  /** Keeps what is committed until the answer is called, even if the job ends meanwhile. */
  keepStore(): () => void {
    return this.#end.keep();
  }

  /** The first failure ends the job; further ones go to the log. */
  #fail(error: unknown, task: string): void {
    if (this.#failure === undefined) {
      this.#failure = { state: "failed", error, restartable: false };
      this.cancel();
      return;
    }
    const { job, host } = this.#scope;
    host.logger.error(() => `Another task failed too: ${reasonOf(error)}`, { job, task, error });
  }

  async #createTasks(): Promise<void> {
    const { job, pipeline, host, store, restarts, strictPayloads } = this.#scope;
    const { graph, functions } = pipeline;
    const settings = { log: host.logger.child({ job }), strictPayloads };
    const wiring = new JobWiring({
      ...{ job, graph, functions, handles: this.#handles, host, settings },
      moves: this.#scope.stores.queues,
      onLoss: (error) => this.#fail(error, "a queue"),
    });
    const loopOf = (step: string): number => graph.loops.findIndex(({ steps }) => steps.includes(step));
    const isLoopEnding = (step: string): boolean => this.#watches[loopOf(step)]?.ending === true;
    this.#redriver = new Redriver({ job, graph, wiring, store, isLoopEnding });
    this.#completion = new CompletionWatch(store, this.#tasks, () => {
      for (const watch of this.#watches) watch.reset();
      this.#redriver?.forget();
      this.#scope.deadLetters.forgetRemoved?.();
    });
    const maker = this.#scope.makeTasks?.(wiring) ?? this.#localTasks(wiring);
    const inputs = new Map<string, TaskInput>();
    for (const node of graph.tasks) {
      const input = await maker.input(node);
      inputs.set(node.id, input);
      const loop = loopOf(node.step);
      const life: TaskLife = {
        crashes: new CrashCounts(),
        stats: new TaskStats(),
        ...(loop < 0 ? {} : { onIdle: () => this.#watches[loop]?.look() }),
      };
      const task = new SupervisedTask({
        id: node.id,
        host: { ...host, logger: settings.log },
        input,
        restarts: restarts.of(node.step, node.id),
        create: (signal) => maker.create(node, life, signal),
        release: () => maker.release(node),
        rests: store.onLoss !== undefined,
      });
      await task.create();
      this.#tasks.push(task);
    }
    for (let loop = 0; loop < graph.loops.length; loop++)
      this.#watches.push(
        watchLoop({
          ...{ graph, loop, tasks: this.#tasks, inputs, scheduler: host.scheduler },
          redriven: () => this.redriven(),
          onError: (error, name) => this.#fail(error, `loop ${name}`),
        }),
      );
  }

  #localTasks(wiring: JobWiring): TaskMaker {
    const specs = new TaskSpecs({ ...this.#scope, requests: this.#requests }, wiring);
    return new LocalTaskMaker(specs, this.#scope.tasks);
  }
}
