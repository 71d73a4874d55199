import { describeValue, SageError } from "../errors/sage-error.ts";
import type { CallScope, CallTarget } from "../service/call-scope.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { CallHandle, CallOptions, NamedCall, ServiceCaller } from "./service-caller.ts";
import { ServiceRef } from "./service-ref.ts";
import type { ServiceProxy } from "./service-types.ts";

/** Anything that the forms of `callService` take, with its types erased. */
type AnyCall = string | ServiceRef<unknown> | NamedCall | { readonly service: ServiceRef<unknown> };

/** Where services can be called, and who calls. */
export interface ServiceAccess {
  readonly services: ServiceManager;
  readonly scope: CallScope;
}

/** Somebody who calls services. */
export interface CallSite {
  /** @throws SageError `NO_RUNTIME_CONTEXT` where there is none. */
  callerOf(operation: string): ServiceAccess;
}

/** The forms of calling a service, for those who know who calls. */
export abstract class CallingSite implements ServiceCaller, CallSite {
  abstract callerOf(operation: string): ServiceAccess;

  callService(call: unknown, ...args: readonly unknown[]): Promise<never> {
    return callOf(this, call, args);
  }

  callServiceAsync(call: unknown, ...args: readonly unknown[]): CallHandle<never> {
    return handleOf(this, call, args);
  }

  service<S>(service: ServiceRef<S> | string, options?: CallOptions): ServiceProxy<S> {
    return proxyOf(this, service, options);
  }
}

/** Calls services as somebody else. */
export class Caller extends CallingSite {
  readonly #site: CallSite;

  constructor(site: CallSite) {
    super();
    this.#site = site;
  }

  callerOf(operation: string): ServiceAccess {
    return this.#site.callerOf(operation);
  }
}

/** Makes a call. */
function callOf(site: CallSite, call: unknown, args: readonly unknown[]): Promise<never> {
  return new Promise((resolve, reject) => {
    const { services, scope } = site.callerOf("callService()");
    services.call(targetOf(call, args), scope, { resolve: resolve as (value: unknown) => void, reject });
  });
}

/** Makes a call that can be given up. */
function handleOf(site: CallSite, call: unknown, args: readonly unknown[]): CallHandle<never> {
  let cancel: (() => void) | undefined;
  const result = new Promise<never>((resolve, reject) => {
    const { services, scope } = site.callerOf("callServiceAsync()");
    const end = { resolve: resolve as (value: unknown) => void, reject };
    const begun = services.call(targetOf(call, args), scope, end);
    cancel = () => begun.cancel();
  });
  return {
    result,
    cancel: () => {
      result.catch(() => undefined); // who cancels need not look
      cancel?.();
    },
  };
}

/** An object whose methods are calls. Symbols and `then` are none, so that it can be awaited and inspected. */
function proxyOf<S>(
  site: CallSite,
  service: ServiceRef<S> | string,
  options: CallOptions = {},
): ServiceProxy<S> {
  const name = typeof service === "string" ? service : service.name;
  const methods = new Map<string, (...args: readonly unknown[]) => Promise<unknown>>();
  const get = (_: object, method: string | symbol): unknown => {
    if (typeof method === "symbol" || method === "then") return undefined;
    let call = methods.get(method);
    if (call === undefined) {
      call = (...args) => callOf(site, { ...options, service: name, method, args }, []);
      methods.set(method, call);
    }
    return call;
  };
  const refuse = (): boolean => false;
  const bare = Object.freeze(Object.create(null)) as object;
  return new Proxy(bare, { get, set: refuse, defineProperty: refuse }) as ServiceProxy<S>;
}

/** @throws SageError `INVALID_OPTION`. */
function targetOf(call: unknown, args: readonly unknown[]): CallTarget {
  if (typeof call === "string") return { service: call, method: "process", args };
  if (typeof call !== "object" || call === null)
    throw invalid("service", call, "a service's name or its reference");
  if (call instanceof ServiceRef) return { service: call.name, method: "process", args };
  const { service, ...options } = call as Exclude<AnyCall, string> & NamedCall;
  const {
    method = "process",
    args: own = [],
    timeoutMs,
    signal,
    overflow,
    idempotencyKey,
    headers,
  } = options;
  const name = typeof service === "string" ? service : (service as ServiceRef<unknown> | undefined)?.name;
  if (typeof name !== "string") throw invalid("service", service, "a service's name or its reference");
  if (typeof method !== "string") throw invalid("method", method, "a method's name");
  if (!Array.isArray(own)) throw invalid("args", own, "an array");
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    throw invalid("timeoutMs", timeoutMs, "a number above 0, in ms");
  if (overflow !== undefined && overflow !== "wait" && overflow !== "reject") {
    throw invalid("overflow", overflow, '"wait" or "reject"');
  }
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
    throw invalid("idempotencyKey", idempotencyKey, "a string");
  }
  return { service: name, method, args: own, timeoutMs, signal, overflow, idempotencyKey, headers };
}

function invalid(path: string, value: unknown, expected: string): SageError {
  return new SageError("INVALID_OPTION", { path, problem: `is ${describeValue(value)}`, expected });
}
