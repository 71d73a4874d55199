import type { TaskNode } from "../graph/execution-graph.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { LoopInbox } from "../task/loop-inbox.ts";
import type { Task, TaskFactory } from "../task/task.port.ts";
import type { TaskInbox } from "../task/task-inbox.ts";
import type { TaskLife, TaskSpecs } from "./task-specs.ts";

/** A head of a feedback loop, as the watch over the loop sees it. */
export interface LoopHead {
  /** Whether the end of the loop is delivered to it. */
  readonly ended: boolean;
  /** Announces the end of the loop. */
  end(): void;
  /** Takes the end back: only what is committed of it counts. */
  forgetEnd(): void;
}

/** The input of a task through all of its incarnations, as its supervisor sees it. */
export interface TaskInput {
  /** Where the task is the head of a loop. */
  readonly head?: LoopHead | undefined;
  /** The task has failed for good: nothing more goes in. */
  close(): MaybePromise<void>;
}

/** Makes the tasks of one job, wherever they live. */
export interface TaskMaker {
  /** Opens the input of a task; called once for each, before anything is created. */
  input(node: TaskNode): Promise<TaskInput>;
  /** Makes the next incarnation of a task, which goes on where its last commit stands; what waits for a place can be given up. */
  create(node: TaskNode, life: TaskLife, signal?: AbortSignal): Promise<Task>;
  /** Ends what a task keeps through its incarnations; no other follows. */
  release(node: TaskNode): MaybePromise<void>;
}

/** Makes tasks in this process. */
export class LocalTaskMaker implements TaskMaker {
  readonly #specs: TaskSpecs;
  readonly #factory: TaskFactory;
  readonly #inboxes = new Map<string, TaskInbox>();

  constructor(specs: TaskSpecs, factory: TaskFactory) {
    this.#specs = specs;
    this.#factory = factory;
  }

  async input(node: TaskNode): Promise<TaskInput> {
    const inbox = await this.#specs.inbox(node);
    this.#inboxes.set(node.id, inbox);
    const { inner } = inbox;
    return { head: inner instanceof LoopInbox ? inner : undefined, close: () => inbox.close() };
  }

  async create(node: TaskNode, life: TaskLife): Promise<Task> {
    const inbox = this.#inboxes.get(node.id) as TaskInbox;
    return this.#factory.create(await this.#specs.create(node, inbox, life));
  }

  release(node: TaskNode): MaybePromise<void> {
    return this.#specs.release(node);
  }
}
