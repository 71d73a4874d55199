import type { PartTask } from "../dispatch/job-part.ts";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import { reasonOf, SageError } from "../errors/sage-error.ts";
import { decodeError, encodeError, type WireError } from "../errors/wire-error.ts";
import type { TaskNode } from "../graph/execution-graph.ts";
import type { CrashCounts } from "../task/crash-counts.ts";
import type { ServiceStop, ServiceTask } from "../task/service-task.port.ts";
import type { TaskOutcome } from "../task/task.port.ts";
import type { UsedPart } from "./hosted-jobs.ts";
import type { RunState, WireOutcome, WorkerOperation } from "./worker-message.ts";

/** Something that runs in a worker for its manager. */
export interface HostedRun {
  readonly run: string;
  /** Which task or instance of a service: a source of requests and the service that takes them have one id. */
  readonly node: `${"task" | "service"} ${string}`;
  /** The part of the job that it belongs to. */
  readonly used: UsedPart;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<unknown>;
  /** Does what is asked of it. */
  handle(op: WorkerOperation, args: JsonObject): Promise<JsonValue>;
  /** How it stands now. */
  state(): RunState;
  /** It is given up: it ends soon, and nobody hears of it. */
  giveUp(reason: Error): void;
}

/** One incarnation of a task in a worker. */
export class HostedTask implements HostedRun {
  readonly run: string;
  readonly node: HostedRun["node"];
  readonly used: UsedPart;
  readonly ended: Promise<unknown>;
  readonly #made: PartTask;
  readonly #crashes: CrashCounts;
  #n = 0;
  #outcome: TaskOutcome | undefined;

  constructor(run: string, used: UsedPart, node: TaskNode, made: PartTask, crashes: CrashCounts) {
    this.run = run;
    this.node = `task ${node.id}`;
    this.used = used;
    this.#made = made;
    this.#crashes = crashes;
    this.ended = made.task.done.then(async (outcome) => {
      this.#outcome = await released(outcome, used, node);
    });
  }

  async handle(op: WorkerOperation, args: JsonObject): Promise<JsonValue> {
    const { task, head } = this.#made;
    switch (op) {
      case "open":
        if (this.#outcome?.state === "failed") throw this.#outcome.error;
        await task.open();
        return null;
      case "start":
        task.start();
        return null;
      case "drain":
        task.drain();
        return null;
      case "cancel":
        void task.cancel();
        return null;
      case "abandon":
        task.abandon(decodeError(args.error as unknown as WireError));
        return null;
      case "pause":
        await task.pause();
        return null;
      case "resume":
        task.resume();
        return null;
      case "probe":
        return (await task.probe()) as unknown as JsonValue;
      case "hurryTimers":
        task.hurryTimers();
        return null;
      case "endLoop":
        head?.end();
        return null;
      case "forgetLoopEnd":
        head?.forgetEnd();
        return null;
      default:
        return this.state() as unknown as JsonValue;
    }
  }

  state(): RunState {
    const { task, head } = this.#made;
    const outcome = this.#outcome;
    return {
      run: this.run,
      n: this.#n++,
      task: task.report(),
      ...(head === undefined ? {} : { loopEnded: head.ended }),
      ...(outcome === undefined ? {} : { outcome: encoded(outcome), crashes: this.#crashes.list() }),
    };
  }

  giveUp(reason: Error): void {
    this.#made.task.abandon(reason);
  }
}

/** An instance of a service in a worker. */
export class HostedService implements HostedRun {
  readonly run: string;
  readonly node: HostedRun["node"];
  readonly used: UsedPart;
  readonly ended: Promise<unknown>;
  readonly #task: ServiceTask;
  #n = 0;
  #settle!: (ended: unknown) => void;

  constructor(run: string, used: UsedPart, task: ServiceTask) {
    this.run = run;
    this.node = `service ${task.id}`;
    this.used = used;
    this.#task = task;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async handle(op: WorkerOperation, args: JsonObject): Promise<JsonValue> {
    if (op === "startService") await this.#task.start();
    if (op === "stopService") await this.#stop(args as unknown as ServiceStop);
    return op === "report" ? (this.state() as unknown as JsonValue) : null;
  }

  state(): RunState {
    return { run: this.run, n: this.#n++, service: this.#task.report() };
  }

  giveUp(): void {
    void this.#stop({ drain: false, graceMs: 0, handOver: true }).catch(() => undefined);
  }

  async #stop(how: ServiceStop): Promise<void> {
    try {
      await this.#task.stop(how);
    } finally {
      this.#settle(undefined);
    }
  }
}

/** Ends what a task keeps that has come to its end; where it failed, another incarnation may come here. */
async function released(outcome: TaskOutcome, { part }: UsedPart, node: TaskNode): Promise<TaskOutcome> {
  if (outcome.state === "failed") return outcome;
  try {
    await part.release(node);
    return outcome;
  } catch (error) {
    const facts = { node: node.id, phase: "close", reason: reasonOf(error) };
    return {
      state: "failed",
      error: new SageError("OPERATOR_FAILED", facts, { cause: error }),
      restartable: false,
    };
  }
}

function encoded(outcome: TaskOutcome): WireOutcome {
  return outcome.state === "failed" ? { ...outcome, error: encodeError(outcome.error) } : outcome;
}
