import type { DispatchScope } from "../dispatch/dispatcher.ts";
import type { CompiledPipeline } from "../graph/compile.ts";
import type { DeliveryOption } from "../graph/delivery.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { EnvironmentLogOptions } from "../host/log-files.port.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { WhenDeadLettersFull } from "../state/dead-letter-store.ts";
import type { StateStore, StateStoreFactory } from "../state/state-store.port.ts";
import type { BatchLimits } from "../task/pace.ts";
import type { RestartStrategy } from "../task/restart-strategy.ts";
import type { ServiceTaskFactory } from "../task/service-task.port.ts";
import type { TaskFactory } from "../task/task.port.ts";
import type { JobSnapshot } from "./job-snapshot.ts";

/** What a job manager works with. */
export interface JobManagerScope {
  readonly host: Host;
  readonly drivers: DriverRegistry;
  readonly tasks: TaskFactory;
  readonly serviceTasks: ServiceTaskFactory;
  /** The calling side of services. */
  readonly services: ServiceManager;
  /** Opens what a job's tasks commit to. */
  readonly stores: StateStoreFactory;
  /** Whether records are refused that could not cross a process. */
  readonly strictPayloads: boolean;
  /** How often the process and the jobs are reported, in ms; never without. */
  readonly reportIntervalMs: number | undefined;
}

/** Settings of one job, complete and checked. */
export interface JobSettings extends BatchLimits {
  /** With this many dead letters there is no room for more. */
  readonly deadLetterCapacity: number;
  /** What happens then to a task that has more of them; by default it fails. */
  readonly whenDeadLettersFull?: WhenDeadLettersFull | undefined;
  /** When failed tasks are restarted whose steps do not say. */
  readonly restart?: RestartStrategy | undefined;
  /** How often each record takes effect; by default `auto`. */
  readonly delivery?: DeliveryOption | undefined;
}

/** A pipeline that is to become a job. */
export interface Submission {
  /** Its id, if it is not to have a new one. */
  readonly id?: string | undefined;
  readonly pipeline: CompiledPipeline;
  readonly settings: JobSettings;
  /** The snapshot that it goes on from. */
  readonly from: JobSnapshot | undefined;
  /** How the environment logs; left out where it has no log of its own. */
  readonly log: EnvironmentLogOptions | undefined;
  /** Whether it begins paused, as it was under its manager before. */
  readonly paused?: boolean | undefined;
  /** Where its tasks and services live, if that is elsewhere. */
  readonly elsewhere?: Elsewhere | undefined;
}

/** Makes what makes the tasks and services of a job, by what it is begun with. */
export type Elsewhere = (begun: {
  readonly id: string;
  readonly graph: ExecutionGraph;
  readonly store: StateStore;
}) => Pick<DispatchScope, "makeTasks" | "serviceTasks" | "onEnding">;
