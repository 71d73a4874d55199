import type { CompiledPipeline, ServiceFunctions } from "../graph/compile.ts";
import type { ServiceNode } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { resilienceOf } from "../service/resilience.ts";
import type { ServiceEndpoint } from "../service/service-entry.ts";
import type { ServiceManager, StartedService } from "../service/service-manager.ts";
import type { ServiceTaskSpec } from "../task/service-task.port.ts";
import type { JobRequests } from "./job-requests.ts";

/** What the services of one job work with. */
export interface ServiceScope {
  readonly job: string;
  readonly pipeline: CompiledPipeline;
  readonly services: ServiceManager;
  /** The requests that the pipeline is called with. */
  readonly requests: JobRequests;
  readonly strictPayloads: boolean;
  /** The machine, with the job's log. */
  readonly host: Host;
}

/** What one instance of a service is made of. */
export function serviceSpecOf(scope: ServiceScope, node: ServiceNode, index: number): ServiceTaskSpec {
  const { job, pipeline, services, requests, strictPayloads, host } = scope;
  const { name, concurrency, healthIntervalMs, endpoints } = node;
  const { create } = pipeline.functions.services.get(name) as ServiceFunctions;
  return {
    id: `${name}#${index}`,
    job,
    service: name,
    index,
    instances: endpoints.length,
    concurrency,
    healthIntervalMs,
    create: create ?? (() => requests.serve(name, index)),
    endpoint: ofJob(job, endpoints[index] as ServiceEndpoint),
    services,
    strictPayloads,
    host,
  };
}

/** A service that has started, as its callers know it. */
export function startedServiceOf(
  { job, pipeline, host }: Pick<ServiceScope, "job" | "pipeline" | "host">,
  { name, timeoutMs, overflow, idempotent, endpoints }: ServiceNode,
  methods: readonly string[],
): StartedService {
  const { resilience } = pipeline.functions.services.get(name) as ServiceFunctions;
  return {
    job,
    name,
    methods,
    rules: { timeoutMs, overflow, idempotent: new Set(idempotent) },
    endpoints: endpoints.map((endpoint) => ofJob(job, endpoint)),
    resilience: resilienceOf(name, resilience, host),
  };
}

/** The endpoint of one job's instance. */
function ofJob(job: string, { requests, control, outcomes }: ServiceEndpoint): ServiceEndpoint {
  const more = outcomes === undefined ? {} : { outcomes: jobQueue(job, outcomes) };
  return { requests: jobQueue(job, requests), control: jobQueue(job, control), ...more };
}

/** A queue of the graph as that of one job. */
export function jobQueue(job: string, queue: QueueDescriptorJson): QueueDescriptorJson {
  return { ...queue, id: `${job}/${queue.id}` };
}
