import { callQueueOptions } from "../queue/queue-descriptor.ts";
import type { ServiceNode } from "./execution-graph.ts";
import type { DeclaredService, ServiceOptions } from "./service-declaration.ts";

/** The options of a service that are left out. */
const defaults = {
  instances: 1,
  concurrency: 16,
  timeoutMs: 10_000,
  healthIntervalMs: 10_000,
  queueCapacity: 1024,
  overflow: "wait",
  idempotent: [],
  dependsOn: [],
} as const satisfies ServiceOptions;

/** How many requests one instance lets into its pipeline that does not say. */
const pipelineConcurrency = 1024;

/** Cancellations, or outcomes, that wait to be read; reading them never waits for anything. */
const controlCapacity = 65_536;

/**
 * Compiles services, in an order in which each stands behind those that it depends on; there must be one. `kindOf` tells the kind of
 * a service's queues.
 */
export function compileServices(
  services: readonly DeclaredService[],
  kindOf: (service: string) => string,
): ServiceNode[] {
  const nodes = new Map(
    services.map((service) => [service.name, compileService(service, kindOf(service.name))]),
  );
  const ordered = new Set<ServiceNode>();
  const add = (node: ServiceNode): void => {
    for (const name of node.dependsOn) add(nodes.get(name) as ServiceNode);
    ordered.add(node);
  };
  for (const node of nodes.values()) add(node);
  return [...ordered];
}

function compileService({ name, options: given, requests }: DeclaredService, kind: string): ServiceNode {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const more = requests === undefined ? {} : { concurrency: pipelineConcurrency };
  const all = { ...defaults, ...more, ...(Object.fromEntries(set) as ServiceOptions) };
  const {
    instances,
    concurrency,
    timeoutMs,
    healthIntervalMs,
    queueCapacity,
    overflow,
    idempotent,
    dependsOn,
    placement,
  } = all;
  const options = callQueueOptions;
  const endpoints = Array.from({ length: instances }, (_, index) => ({
    requests: { kind, id: `${name}#${index}/requests`, capacity: queueCapacity, options },
    control: { kind, id: `${name}#${index}/control`, capacity: controlCapacity, options },
    ...(requests === undefined
      ? {}
      : { outcomes: { kind, id: `${name}#${index}/outcomes`, capacity: controlCapacity, options } }),
  }));
  const label = placement === undefined ? {} : { label: placement.label };
  return {
    name,
    concurrency,
    timeoutMs,
    healthIntervalMs,
    overflow,
    idempotent,
    dependsOn,
    ...label,
    endpoints,
  };
}
