import type { Overflow } from "../service/call-scope.ts";
import type { ResilienceOptions } from "../service/resilience.ts";
import type { Placement } from "./step-options.ts";
import type { Transformation } from "./transformation.ts";

/** Options of a service. */
export interface ServiceOptions extends ResilienceOptions {
  /** How many instances run; each call goes to the one with the fewest under way. Default 1. */
  readonly instances?: number;
  /** Most calls that one instance runs at once. Default 16. */
  readonly concurrency?: number;
  /** How long callers wait for an answer that do not say, in ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Requests that wait for each instance, beside those that run, before callers wait for room. Default 1024. */
  readonly queueCapacity?: number;
  /** What happens to a call that finds no room: it waits until its deadline, or is rejected. Default `"wait"`. */
  readonly overflow?: Overflow;
  /** Methods of which a second run is the same as one: only they are ever tried again. Default none. */
  readonly idempotent?: readonly string[];
  /** How often an instance with a `healthCheck()` is asked whether it is well, in ms. Default 10,000. */
  readonly healthIntervalMs?: number;
  /** Services that must have started before it, and stop after it. Default none. */
  readonly dependsOn?: readonly string[];
  /** Which workers may run its instances, where the job runs in workers. Default: all. */
  readonly placement?: Placement;
}

/** Options of a source of requests, which is called like a service. */
export interface RequestOptions extends Omit<ServiceOptions, "dependsOn" | "healthIntervalMs"> {
  /** How many instances take requests, each with a source task of its own. Default 1. */
  readonly instances?: number;
  /** Most requests of one instance that are in the pipeline at once. Default 1024. */
  readonly concurrency?: number;
}

/** A class to instantiate once per instance, a function that makes the instance, or an object that creates it. */
export type ServiceSource<S extends object> =
  | (new () => S)
  | (() => S | PromiseLike<S>)
  | { create(): S | PromiseLike<S> };

/** A service that an environment has declared. */
export interface DeclaredService {
  readonly name: string;
  /** What makes its objects; left out where a pipeline answers its calls. */
  readonly source?: unknown;
  readonly options: ServiceOptions;
  /** The source of the pipeline that answers its calls, if one does. */
  readonly requests?: Transformation;
}

/** How to make an instance from what was registered; `undefined` for what is no source. */
export function creatorOf(source: unknown): (() => unknown) | undefined {
  if (typeof source === "function") {
    const make = source as () => unknown;
    return isClass(make) ? () => new (source as new () => object)() : make;
  }
  if (typeof source !== "object" || source === null) return undefined;
  const { create } = source as { readonly create?: unknown };
  return typeof create === "function" ? () => create.call(source) as unknown : undefined;
}

/** Whether a function is a class: written as one, or with methods on its prototype. */
function isClass(source: () => unknown): boolean {
  if (/^class\b/.test(Function.prototype.toString.call(source))) return true;
  const { prototype } = source as { readonly prototype?: unknown };
  return (
    typeof prototype === "object" && prototype !== null && Object.getOwnPropertyNames(prototype).length > 1
  );
}
