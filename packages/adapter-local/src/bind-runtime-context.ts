import { AsyncLocalStorage } from "node:async_hooks";
import { type CallHandle, SageError, type ServiceCaller } from "@sage-kernel/core";

/** Who calls, for each flow of calls; runtimes do not see each other in it, since a flow has one of them. */
const bound = new AsyncLocalStorage<ServiceCaller>();

/**
 * Runs a function in which, and in everything that it starts, the free functions {@link callService},
 * {@link callServiceAsync} and {@link service} call by this runtime, step's context or call's context. Bindings nest, the
 * innermost counts, and each ends with its function; what the function has started keeps its own, also after an `await`.
 *
 * @example
 * await bindRuntimeContext(runtime, async () => console.log(await callService("profile", 7)));
 */
export function bindRuntimeContext<T>(context: ServiceCaller, body: () => T): T {
  return bound.run(context, body);
}

/** Calls a service by the context that is bound. @throws SageError `NO_RUNTIME_CONTEXT` where none is. */
export const callService: ServiceCaller["callService"] = (call: never, ...args: never) =>
  contextOf("callService()").callService(call, ...(args as [])) as Promise<never>;

/** Calls a service with a handle, by the context that is bound. @throws SageError `NO_RUNTIME_CONTEXT` where none is. */
export const callServiceAsync: ServiceCaller["callServiceAsync"] = (call: never, ...args: never) =>
  contextOf("callServiceAsync()").callServiceAsync(call, ...(args as [])) as CallHandle<never>;

/** A service as an object, by the context that is bound now. @throws SageError `NO_RUNTIME_CONTEXT` where none is. */
export const service: ServiceCaller["service"] = (name, options) =>
  contextOf("service()").service(name, options);

function contextOf(operation: string): ServiceCaller {
  const context = bound.getStore();
  if (context === undefined) throw new SageError("NO_RUNTIME_CONTEXT", { operation });
  return context;
}
