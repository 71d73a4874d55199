import type { ServiceContext } from "../context/call-context.ts";
import type { ServiceHook } from "../context/service-types.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";

/** The hooks that a service may have. Each runs once. */
export interface ServiceHooks {
  /** Prepares the instance, with what it sees of the runtime; what it throws fails `submit()`. */
  setup?(ctx: ServiceContext): MaybePromise<void>;
  /** Called when all instances are set up, before the first request; what it throws fails `submit()`. */
  start?(): MaybePromise<void>;
  /** Called behind the last request. */
  stop?(): MaybePromise<void>;
  /** Releases what the constructor and `setup` acquired; also when one of them, or `start`, has failed. */
  cleanup?(): MaybePromise<void>;
  /** Throws, or answers `false`, while the instance is not well. */
  healthCheck?(): MaybePromise<unknown>;
}

/** A method that can be called. */
export type ServiceMethod = (...args: unknown[]) => unknown;

const hooks: ReadonlySet<string> = new Set<ServiceHook>(["setup", "start", "stop", "cleanup", "healthCheck"]);

/** Names that nobody can call, whoever has defined them. */
const inherited: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), "then"]);

/** The user's object behind one instance of a service: its hooks, and the methods that can be called. */
export class ServiceObject {
  readonly hooks: ServiceHooks;
  /** The methods that can be called, by name. */
  readonly methods: ReadonlyMap<string, ServiceMethod>;
  readonly #instance: object;

  /** @throws SageError `INVALID_OPTION` for what is no object. */
  constructor(instance: unknown) {
    if (typeof instance !== "object" || instance === null) {
      const problem = `has made ${describeValue(instance)}`;
      throw new SageError("INVALID_OPTION", { path: "service", problem, expected: "an object with methods" });
    }
    this.#instance = instance;
    this.hooks = instance;
    this.methods = methodsOf(instance);
  }

  /** Runs a method. A last parameter that the caller has left free gets the context. */
  run(method: ServiceMethod, args: readonly unknown[], context: unknown): unknown {
    if (method.length !== args.length + 1) return method.apply(this.#instance, args as unknown[]);
    return method.apply(this.#instance, [...args, context]);
  }
}

/** The methods of an object and of its classes: no hooks, accessors, symbols, nor names that begin with `_`. */
function methodsOf(instance: object): Map<string, ServiceMethod> {
  const methods = new Map<string, ServiceMethod>();
  const seen = new Set<string>();
  for (let at: object = instance; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (seen.has(name)) continue;
      seen.add(name); // what a subclass has redefined as something else is no method any more
      if (typeof value !== "function" || hooks.has(name) || inherited.has(name) || name.startsWith("_"))
        continue;
      methods.set(name, value as ServiceMethod);
    }
  }
  return methods;
}
