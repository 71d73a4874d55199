import { reasonOf } from "../errors/sage-error.ts";
import type { ServiceNode } from "../graph/execution-graph.ts";
import type { ServiceEntry } from "../service/service-entry.ts";
import type { ServiceReport } from "../task/service-stats.ts";
import type { ServiceTask, ServiceTaskFactory } from "../task/service-task.port.ts";
import { type ServiceScope, serviceSpecOf, startedServiceOf } from "./service-specs.ts";

/** What the services of one job are started and stopped with. */
export interface JobServicesScope extends ServiceScope {
  readonly serviceTasks: ServiceTaskFactory;
}

/** A service with its instances. */
interface RunningService {
  readonly node: ServiceNode;
  readonly tasks: readonly ServiceTask[];
  entry: ServiceEntry | undefined;
}

/** How long the calls that a service runs may take to end when it is stopped, in ms. */
const graceMs = 10_000;

/** The same where nothing is waited for, in ms. */
const cancelGraceMs = 1000;

/** Starts the services of one job, each behind those that it depends on, and stops them the other way round. */
export class JobServices {
  readonly #scope: JobServicesScope;
  readonly #running: RunningService[] = [];
  #stopped: Promise<void> | undefined;

  constructor(scope: JobServicesScope) {
    this.#scope = scope;
  }

  /** Starts all. @throws SageError `SERVICE_START_FAILED`; those that have started are to be stopped then. */
  async start(): Promise<void> {
    for (const node of this.#scope.pipeline.graph.services) {
      if (this.#stopped !== undefined) return; // the deployment was abandoned
      await this.#start(node);
    }
  }

  /** Stops all. With `drain`, what was accepted is served first. */
  stop(drain: boolean): Promise<void> {
    this.#stopped ??= this.#stop(drain);
    return this.#stopped;
  }

  /** Takes no further requests to the pipeline; resolves when those that were accepted are answered or given up. */
  async endRequests(): Promise<void> {
    const fronts = this.#running.filter(({ node }) => isFront(node));
    const { services } = this.#scope;
    const entries = fronts.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
    await Promise.all(entries.map((entry) => services.drain(entry, graceMs)));
    for (const entry of entries) entry.stopping = true;
    const tasks = fronts.flatMap((front) => front.tasks);
    const answered = entries.every(({ instances }) => instances.every(({ inFlight }) => inFlight === 0));
    const how = { drain: true, graceMs: answered ? graceMs : 0 };
    await Promise.allSettled(tasks.map((task) => task.stop(how)));
  }

  /** How they stand. */
  report(): ServiceReport[] {
    const { requests } = this.#scope;
    return this.#running.flatMap(({ tasks }) =>
      tasks.map((task) => ({ ...task.report(), ...requests.strayOutcomes(task.id) })),
    );
  }

  async #start(node: ServiceNode): Promise<void> {
    const { services, serviceTasks } = this.#scope;
    const tasks: ServiceTask[] = [];
    const service: RunningService = { node, tasks, entry: undefined };
    this.#running.push(service);
    for (const index of node.endpoints.keys()) {
      const task = await serviceTasks.create(serviceSpecOf(this.#scope, node, index));
      tasks.push(task);
      await task.open();
    }
    for (const task of tasks) await task.start();
    service.entry = await services.add(startedServiceOf(this.#scope, node, tasks[0]?.methods ?? []));
    if (this.#stopped !== undefined) await services.remove(service.entry, 0);
  }

  async #stop(drain: boolean): Promise<void> {
    const { services, host, job } = this.#scope;
    for (const { tasks, entry } of [...this.#running].reverse()) {
      if (entry !== undefined) entry.stopping = true;
      const how = { drain, graceMs: drain ? graceMs : cancelGraceMs };
      for (const stop of await Promise.allSettled(tasks.map((task) => task.stop(how)))) {
        if (stop.status === "fulfilled") continue;
        const error: unknown = stop.reason;
        host.logger.error(() => `Stopping a service failed: ${reasonOf(error)}`, { job, error });
      }
      if (entry !== undefined) await services.remove(entry, drain ? graceMs : 0);
    }
  }
}

/** Whether a pipeline answers its calls. */
function isFront({ endpoints }: ServiceNode): boolean {
  return endpoints.some(({ outcomes }) => outcomes !== undefined);
}
