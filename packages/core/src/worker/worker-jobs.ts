import type { Environment } from "../api/environment.ts";
import type { Runtime } from "../api/runtime.ts";
import type { JobSeat } from "../control/job-channel.port.ts";
import type { AnyJobModule } from "../control/job-registry.ts";
import type { JobStart } from "../control/local-job-control.ts";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import { shapeOf } from "../graph/shape-of.ts";
import type { Job } from "../job/job.ts";
import { noWayIn } from "../job/job-parts.ts";
import type { Elsewhere } from "../job/submission.ts";
import type { TaskOutcome } from "../task/task.port.ts";
import { jobDigest } from "./job-digest.ts";
import { remoteServiceTasks } from "./remote-service-task.ts";
import { type PlacedJob, RemoteTasks, ServiceHosts } from "./remote-tasks.ts";
import type { JobLines } from "./worker-message.ts";
import { WorkerPool, type WorkerPoolScope } from "./worker-pool.ts";

/** What jobs in workers go by. */
export interface WorkerJobsScope extends Pick<WorkerPoolScope, "leaseMs" | "placementTimeoutMs"> {
  readonly runtime: Runtime;
  /** The manager's. */
  readonly seat: JobSeat;
}

/** Starts jobs whose tasks and services live in workers. */
export class WorkerJobs {
  readonly pool: WorkerPool;
  readonly #runtime: Runtime;

  constructor({ runtime, seat, leaseMs, placementTimeoutMs }: WorkerJobsScope) {
    const { host } = runtime;
    this.#runtime = runtime;
    const onLog = (worker: string, { job, lines, leftOut }: JobLines): void => {
      const log = runtime.jobs.find(job)?.lines;
      for (const line of lines) log?.add({ ...line, worker });
      if (leftOut === 0) return;
      const message = `${leftOut} more lines were left out: they were too many at once`;
      log?.add({ time: host.clock.now(), level: "info", message, worker });
    };
    this.pool = new WorkerPool({ seat, host, leaseMs, placementTimeoutMs, onLog });
  }

  /**
   * Begins a job of this id, or goes on with it, `paused` or not; `onEnding` is told what becomes of it, before anything of it is
   * ended.
   *
   * @throws all that `env.submit()` does; SageError `NO_WORKER`.
   */
  async start(
    { module, given, params }: Omit<JobStart, "submissionKey">,
    id: string,
    onEnding: (outcome: TaskOutcome) => Promise<void>,
    paused: boolean,
  ): Promise<Job> {
    const env = await this.#built(module, params);
    const facts = { job: id, module: module.name, digest: jobDigest(module), params: given as JsonValue };
    const elsewhere: Elsewhere = ({ graph, store }) => {
      const { pass } = store;
      if (pass === undefined) throw noWayIn("memory");
      const shape: JsonObject = shapeOf(graph, id);
      const services = () =>
        this.#runtime.startedServices(id).map(({ name, methods }) => ({ name, methods: [...methods] }));
      const job: PlacedJob = {
        pool: this.pool,
        graph,
        facts: () => ({ ...facts, shape, pass, services: services() }),
        hosts: new ServiceHosts(),
      };
      return {
        makeTasks: (wiring) => new RemoteTasks(job, wiring),
        serviceTasks: remoteServiceTasks(job),
        onEnding,
      };
    };
    return this.#runtime.jobs.submit({ ...env.submission({ ...module.options, id }), elsewhere, paused });
  }

  /** Ends at the store what is left of a job that is over. */
  async cleanUp({ module, params }: Pick<JobStart, "module" | "params">, id: string): Promise<void> {
    const env = await this.#built(module, params);
    await this.#runtime.jobs.cleanUp(id, env.compile().graph);
  }

  async #built(module: AnyJobModule, params: unknown): Promise<Environment> {
    const env = this.#runtime.environment(module.name);
    await module.build(env, params);
    return env;
  }

  /** Leaves all jobs as they are, to another manager. */
  leave(reason: Error): void {
    this.#runtime.jobs.leaveDeployments(reason);
    this.pool.close(reason);
  }
}
