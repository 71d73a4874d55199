import type { ServiceNode, TaskNode } from "../graph/execution-graph.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import type { ServiceEntry } from "../service/service-entry.ts";
import type { StateStore } from "../state/state-store.port.ts";
import { LoopInbox } from "../task/loop-inbox.ts";
import type { ServiceTask, ServiceTaskFactory } from "../task/service-task.port.ts";
import type { Task, TaskFactory } from "../task/task.port.ts";
import type { TaskInbox } from "../task/task-inbox.ts";
import { JobRequests } from "./job-requests.ts";
import { JobWiring } from "./job-wiring.ts";
import { serviceSpecOf, startedServiceOf } from "./service-specs.ts";
import type { LoopHead } from "./task-maker.ts";
import { type SpecScope, type TaskLife, TaskSpecs } from "./task-specs.ts";

/** What a part of a job works with. */
export interface PartScope extends Omit<SpecScope, "requests"> {
  readonly drivers: DriverRegistry;
  readonly tasks: TaskFactory;
  readonly serviceTasks: ServiceTaskFactory;
  /** Whether records are refused that could not cross a process. */
  readonly strictPayloads: boolean;
}

/** A service of the job that has started somewhere. */
export interface KnownService {
  readonly name: string;
  /** Names of the methods that can be called. */
  readonly methods: readonly string[];
}

/** One incarnation of a task that lives here. */
export interface PartTask {
  readonly task: Task;
  /** Where it is the head of a loop. */
  readonly head: LoopHead | undefined;
}

/**
 * The part of a job that lives in this process: some of its tasks and instances of services, one incarnation each, for
 * somebody elsewhere who starts, watches and ends them. It begins and ends nothing at the store.
 */
export class JobPart {
  readonly #scope: PartScope;
  readonly #requests: JobRequests;
  readonly #specs: TaskSpecs;
  readonly #handles: QueueHandles;
  readonly #wiring: JobWiring;
  /** The inputs of tasks, which outlive their incarnations: one that is gone may have left a take waiting. */
  readonly #inboxes = new Map<TaskNode, TaskInbox>();
  readonly #entries = new Map<string, Promise<ServiceEntry>>();

  constructor(scope: PartScope) {
    const { job, pipeline, host, drivers, strictPayloads } = scope;
    const { graph, functions } = pipeline;
    this.#scope = scope;
    this.#requests = new JobRequests({ ...scope, graph });
    const settings = { log: host.logger.child({ job }), strictPayloads };
    const handles = new QueueHandles(drivers);
    this.#handles = handles;
    this.#wiring = new JobWiring({ job, graph, functions, handles, host, settings });
    this.#specs = new TaskSpecs({ ...scope, requests: this.#requests }, this.#wiring);
  }

  /** What its tasks commit to. */
  get store(): StateStore {
    return this.#scope.store;
  }

  /** Makes the next incarnation of a task. @throws what `open` of the store and the step's constructor throw. */
  async task(node: TaskNode, life: TaskLife): Promise<PartTask> {
    const inbox = this.#inboxes.get(node) ?? (await this.#specs.inbox(node));
    this.#inboxes.set(node, inbox);
    const task = await this.#scope.tasks.create(await this.#specs.create(node, inbox, life));
    const { inner } = inbox;
    return { task, head: inner instanceof LoopInbox ? inner : undefined };
  }

  /** A task has come to its end here. */
  async release(node: TaskNode): Promise<void> {
    if (this.#inboxes.delete(node)) await this.#specs.release(node);
  }

  /** Makes an instance of a service. */
  async service(node: ServiceNode, index: number): Promise<ServiceTask> {
    return this.#scope.serviceTasks.create(serviceSpecOf(this.#serviceScope, node, index));
  }

  /** Makes services known to those who call them here. */
  async know(services: readonly KnownService[]): Promise<void> {
    const { graph } = this.#scope.pipeline;
    for (const { name, methods } of services) {
      const node = graph.services.find((each) => each.name === name);
      if (node === undefined || this.#entries.has(name)) continue;
      this.#entries.set(name, this.#scope.services.add(startedServiceOf(this.#serviceScope, node, methods)));
    }
    await Promise.all(this.#entries.values());
  }

  /** What an instance of a service was asked from here may be lost: what may run twice is asked again. */
  doubt(service: string, index: number): void {
    const { services, job } = this.#scope;
    services.doubt(job, service, index);
  }

  /** Lets go of everything that the part has to do with; its tasks have ended, or are given up. */
  async close(): Promise<void> {
    await Promise.all([...this.#inboxes.keys()].map((node) => this.release(node)));
    const entries = await Promise.all(this.#entries.values());
    await Promise.all(entries.map((entry) => this.#scope.services.remove(entry, 0)));
    await this.#handles.leave();
    await this.#scope.store.leave?.();
  }

  get #serviceScope() {
    return { ...this.#scope, requests: this.#requests };
  }
}
