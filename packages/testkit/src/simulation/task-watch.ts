import {
  BaseServiceTask,
  BaseTask,
  type Operator,
  type ServiceTask,
  type ServiceTaskFactory,
  type ServiceTaskSpec,
  type Task,
  type TaskFactory,
  type TaskSpec,
} from "@sage-kernel/core/spi";
import type { Trace } from "./trace.ts";

/** What watches tasks works with. */
export interface TaskWatchScope {
  readonly trace: Trace;
  readonly onViolation: (problem: string) => void;
}

/**
 * Watches the life of tasks and services: operators are opened once and closed once, and the services of a job stop
 * behind its tasks.
 */
export class TaskWatch {
  /** Makes the tasks of the simulation. */
  readonly tasks: TaskFactory;
  /** Makes its services. */
  readonly services: ServiceTaskFactory;
  readonly #scope: TaskWatchScope;
  /** Incarnations that were started and have not ended, by job. */
  readonly #running = new Map<string, Set<Task>>();
  /** Operators that were opened and not closed. */
  readonly #open = new Set<string>();
  #made = 0;

  constructor(scope: TaskWatchScope) {
    this.#scope = scope;
    this.tasks = { kind: "simulated", create: (spec) => this.#task(spec) };
    this.services = { kind: "simulated", create: (spec) => this.#service(spec) };
  }

  /** Operators that are open: none, when all has ended. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  #task(spec: TaskSpec): Task {
    this.#watch(spec.operator, `${spec.job}/${spec.id} (${++this.#made})`);
    const task = new BaseTask(spec);
    const running = this.#running.get(spec.job) ?? new Set();
    this.#running.set(spec.job, running);
    const start = task.start.bind(task);
    task.start = () => {
      running.add(task);
      start();
    };
    void task.done.then(({ state }) => {
      this.#scope.trace.add(`end ${spec.id} ${state}`);
      running.delete(task);
    });
    return task;
  }

  /** Counts the life cycle of an operator. */
  #watch(operator: Operator, name: string): void {
    const [open, close] = [operator.open.bind(operator), operator.close.bind(operator)];
    let opened = 0;
    let closed = 0;
    operator.open = (...args) => {
      this.#open.add(name);
      if (++opened > 1) this.#scope.onViolation(`operator of ${name}: opened ${opened} times`);
      return open(...args);
    };
    operator.close = (...args) => {
      this.#open.delete(name);
      if (++closed > 1) this.#scope.onViolation(`operator of ${name}: closed ${closed} times`);
      return close(...args);
    };
  }

  #service(spec: ServiceTaskSpec): ServiceTask {
    const { job, id, endpoint } = spec;
    const task = new BaseServiceTask(spec);
    if (endpoint.outcomes !== undefined) return task; // the front of a pipeline ends before the pipeline
    const stop = task.stop.bind(task);
    task.stop = (how) => {
      this.#scope.trace.add(`stop ${id}`);
      const left = [...(this.#running.get(job) ?? [])].map((running) => running.id);
      if (left.length > 0) this.#scope.onViolation(`service ${id}: stopped before ${left.join(", ")}`);
      return stop(how);
    };
    return task;
  }
}
