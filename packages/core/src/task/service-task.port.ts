import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { ServiceEndpoint } from "../service/service-entry.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { ServiceReport } from "./service-stats.ts";

/** Everything that one instance of a service is made of. */
export interface ServiceTaskSpec {
  /** Id of the instance, such as `profile#0`. */
  readonly id: string;
  /** Id of the job. */
  readonly job: string;
  /** Name of the service. */
  readonly service: string;
  /** Which instance this is, from 0. */
  readonly index: number;
  /** How many the service has. */
  readonly instances: number;
  /** Most calls that run at once. */
  readonly concurrency: number;
  /** How often it is asked whether it is well, in ms. */
  readonly healthIntervalMs: number;
  /** Makes the user's object. */
  readonly create: () => unknown;
  /** Where it takes its requests and cancellations. */
  readonly endpoint: ServiceEndpoint;
  /** Opens its queues, and calls other services. */
  readonly services: ServiceManager;
  /** Whether results are refused that could not cross a process. */
  readonly strictPayloads: boolean;
  /** The machine, with the job's log. */
  readonly host: Host;
}

/** How a service is stopped. */
export interface ServiceStop {
  /** Whether requests that were accepted are served first; otherwise calls that run have their signals fired. */
  readonly drain: boolean;
  /** How long calls that run may take to end, in ms. */
  readonly graceMs: number;
  /** Whether its requests stay for another instance that has begun in its place; those that were taken are served. */
  readonly handOver?: boolean;
}

/** Port: one running instance of a service, wherever it lives. */
export interface ServiceTask {
  /** Id of the instance. */
  readonly id: string;
  /** Names of the methods that can be called; known once it is open. */
  readonly methods: readonly string[];
  /**
   * Makes the user's object and runs `setup`; `cleanup` follows when that fails.
   *
   * @throws SageError `SERVICE_START_FAILED` with the cause.
   */
  open(): Promise<void>;
  /** Runs `start`, and serves from then on. @throws SageError `SERVICE_START_FAILED` with the cause. */
  start(): Promise<void>;
  /** Takes no further request, lets those that run end, and runs `stop` and `cleanup`. A second stop waits likewise. */
  stop(how: ServiceStop): Promise<void>;
  /** How it stands now. */
  report(): ServiceReport;
}

/** Port: decides where an instance of a service lives. */
export interface ServiceTaskFactory {
  /** Its name, such as `event-loop`. */
  readonly kind: string;
  /** Makes an instance that has not begun. */
  create(spec: ServiceTaskSpec): MaybePromise<ServiceTask>;
}
