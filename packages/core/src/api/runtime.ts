import { Caller } from "../context/caller.ts";
import type { CallOptions, ServiceCaller } from "../context/service-caller.ts";
import type { ServiceRef } from "../context/service-ref.ts";
import type { ServiceProxy } from "../context/service-types.ts";
import { SageError } from "../errors/sage-error.ts";
import type { QueuePlan } from "../graph/queue-plan.ts";
import type { Host } from "../host/host.ts";
import type { EnvironmentLogOptions } from "../host/log-files.port.ts";
import { type Health, healthOf } from "../job/health.ts";
import type { JobManager } from "../job/job-manager.ts";
import type { JobSettings } from "../job/submission.ts";
import type { CallReport } from "../service/call-stats.ts";
import type { ServiceEntry } from "../service/service-entry.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import { Environment } from "./environment.ts";

/** What a runtime works with. */
export interface RuntimeScope {
  readonly host: Host;
  readonly jobs: JobManager;
  /** The calling side of services. */
  readonly services: ServiceManager;
  /** Of what kind the queues of its pipelines are. */
  readonly queues: QueuePlan;
  readonly defaults: JobSettings;
  /** Called once when the runtime closes. */
  readonly onClose: () => Promise<void>;
}

/** Options of one environment. */
export interface EnvironmentOptions {
  /** A log of its own: its level on the console, and a folder for log files. Default: the runtime's log. */
  readonly log?: EnvironmentLogOptions;
}

/** A composed kernel: declares environments, runs their jobs. Several live in one process without seeing each other. */
export class Runtime implements ServiceCaller {
  /** Its jobs, terminal ones too. */
  readonly jobs: JobManager;
  /** Calls a service of any job that runs here. See {@link ServiceCaller.callService}. */
  readonly callService: ServiceCaller["callService"];
  /** The same with a handle. See {@link ServiceCaller.callServiceAsync}. */
  readonly callServiceAsync: ServiceCaller["callServiceAsync"];
  /** The machine that it runs on, for what is built around it. */
  readonly host: Host;
  readonly #caller: Caller;
  readonly #scope: RuntimeScope;
  readonly #consumed = new WeakSet<object>();
  #closing: Promise<void> | undefined;

  /** @internal Runtimes come from `createRuntime()`. */
  constructor(scope: RuntimeScope) {
    this.#scope = scope;
    this.jobs = scope.jobs;
    this.host = scope.host;
    const access = { services: scope.services, scope: { job: undefined, chain: [] } };
    this.#caller = new Caller({ callerOf: () => access });
    this.callService = this.#caller.callService.bind(this.#caller);
    this.callServiceAsync = this.#caller.callServiceAsync.bind(this.#caller);
  }

  /**
   * A new environment, in which to declare a pipeline.
   *
   * @throws SageError `RUNTIME_CLOSED`.
   */
  environment<Name extends string>(name: Name, options: EnvironmentOptions = {}): Environment<Name> {
    if (this.#closing !== undefined) throw new SageError("RUNTIME_CLOSED", { operation: "environment()" });
    return new Environment(name, { ...this.#scope, ...options, consumed: this.#consumed });
  }

  /** A service of any job that runs here, as an object. */
  service<S>(service: ServiceRef<S> | string, options?: CallOptions): ServiceProxy<S> {
    return this.#caller.service(service, options);
  }

  /** @internal The services of a job that have started. */
  startedServices(job: string): readonly Pick<ServiceEntry, "name" | "methods">[] {
    return this.#scope.services.services.filter((service) => service.job === job);
  }

  /** What has become of the calls that were made here, by service, while it runs. */
  serviceCalls(): readonly CallReport[] {
    return this.#scope.services.services.map(({ job, name, stats }) => stats.report(job, name));
  }

  /** How well its services are, and why they are not better. */
  health(): Health {
    const { services } = this.#scope.services;
    return healthOf(
      services,
      (id) =>
        this.jobs
          .list()
          .find((job) => job.id === id)
          ?.report().services ?? [],
    );
  }

  /** Cancels running jobs and releases everything. Closing again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.jobs.close();
    await this.#scope.services.close();
    await this.#scope.onClose();
  }
}
