import type { CircuitBreaker } from "../service/circuit-breaker.ts";
import type { ServiceEntry } from "../service/service-entry.ts";
import type { ServiceReport } from "../task/service-stats.ts";

/** How well something is: `degraded` still works, in part. */
export type HealthState = "ready" | "degraded" | "down";

/** How well one service is, and why it is not better. */
export interface ServiceHealth {
  /** Id of its job. */
  readonly job: string;
  /** Its name. */
  readonly service: string;
  readonly state: HealthState;
  /** In sentences; empty where it is `ready`. */
  readonly reasons: readonly string[];
}

/** How well a runtime is: as well as the worst of its services. */
export interface Health {
  readonly state: HealthState;
  readonly services: readonly ServiceHealth[];
}

const order: readonly HealthState[] = ["ready", "degraded", "down"];

/** Puts the health of a runtime together from what its instances report and its callers have seen. */
export function healthOf(
  entries: readonly ServiceEntry[],
  reportsOf: (job: string) => readonly ServiceReport[],
): Health {
  const services = entries.map((entry) => serviceHealth(entry, reportsOf(entry.job)));
  return { state: worst(services.map(({ state }) => state)), services };
}

function serviceHealth(entry: ServiceEntry, reports: readonly ServiceReport[]): ServiceHealth {
  const { job, name, resilience, stopping } = entry;
  const instances = reports.filter(({ service }) => service === name);
  const ill = instances.flatMap(({ id, problem }) => (problem === undefined ? [] : [`${id}: ${problem}.`]));
  const circuit = circuitProblem(resilience.breaker);
  const reasons = [...ill, ...circuit, ...(stopping ? ["It is stopping."] : [])];
  const allIll = ill.length > 0 && ill.length === instances.length;
  const state = stopping || allIll || resilience.breaker?.state === "open" ? "down" : "degraded";
  return { job, service: name, state: reasons.length === 0 ? "ready" : state, reasons };
}

function circuitProblem(breaker: CircuitBreaker | undefined): string[] {
  if (breaker === undefined || breaker.state === "closed") return [];
  return [`Its circuit breaker is ${breaker.state} after ${breaker.failures} failures in a row.`];
}

function worst(states: readonly HealthState[]): HealthState {
  const place = states.reduce((most, state) => Math.max(most, order.indexOf(state)), 0);
  return order[place] as HealthState;
}
