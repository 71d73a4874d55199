import type { ErrorKind } from "./error-kind.ts";

/** The error codes of services and their callers, with their kinds and sentences. */
export const serviceErrors = {
  SERVICE_NOT_FOUND: {
    kind: "usage",
    text: (f: { readonly service: string; readonly known: readonly string[] }) =>
      `No service "${f.service}" runs here. ${f.known.length === 0 ? "None runs at all" : `These do: ${f.known.join(", ")}`}. Register it with env.registerService() in the environment of the caller's job, or start its job first.`,
  },
  SERVICE_AMBIGUOUS: {
    kind: "usage",
    text: (f: { readonly service: string; readonly jobs: readonly string[] }) =>
      `Service "${f.service}" runs in several jobs: ${f.jobs.join(", ")}. Give the services different names, or call from a step of the job that is meant.`,
  },
  SERVICE_METHOD_NOT_FOUND: {
    kind: "usage",
    text: (f: { readonly service: string; readonly method: string; readonly known: readonly string[] }) =>
      `Service "${f.service}" has no method "${f.method}" that can be called. ${f.known.length === 0 ? "It has none at all" : `It has: ${f.known.join(", ")}`}. Hooks, inherited members of Object and names that begin with _ or # cannot be called.`,
  },
  SERVICE_TIMEOUT: {
    kind: "timeout",
    text: (f: { readonly service: string; readonly method: string; readonly timeoutMs: number }) =>
      `Call of "${f.service}.${f.method}" was not answered within ${f.timeoutMs} ms. Allow more with timeoutMs in the call or in registerService(), or look at the service's statistics for what is slow.`,
  },
  SERVICE_CANCELLED: {
    kind: "cancelled",
    text: (f: { readonly service: string; readonly method: string }) =>
      `Call of "${f.service}.${f.method}" was cancelled by its caller.`,
  },
  SERVICE_FULL: {
    kind: "full",
    text: (f: { readonly service: string; readonly capacity: number }) =>
      `Service "${f.service}" has ${f.capacity} requests waiting, its limit, and its calls do not wait for room. Slow down, raise queueCapacity or concurrency in registerService(), or let calls wait with overflow: "wait".`,
  },
  SERVICE_CALL_CYCLE: {
    kind: "usage",
    text: (f: { readonly service: string; readonly chain: readonly string[] }) =>
      `Service "${f.service}" would wait for itself: ${[...f.chain, f.service].join(" calls ")}. Split it in two services, or call the object's own method.`,
  },
  SERVICE_UNAVAILABLE: {
    kind: "unavailable",
    text: (f: {
      readonly service: string;
      readonly method: string;
      readonly reason: string;
      readonly maybeExecuted: boolean;
    }) =>
      `Call of "${f.service}.${f.method}" was given up: ${f.reason}. It ${f.maybeExecuted ? "may have been" : "was not"} executed.`,
  },
  SERVICE_NO_REPLY: {
    kind: "failed",
    text: (f: { readonly service: string; readonly node: string; readonly why: string }) =>
      `Pipeline "${f.service}" does not answer this request: of all records that it came to, the last one was ${f.why} by "${f.node}".`,
  },
  SERVICE_RECORD_FAILED: {
    kind: "failed",
    text: (f: { readonly service: string; readonly node: string; readonly reason: string }) =>
      `Pipeline "${f.service}" failed at this request in "${f.node}": ${f.reason}`,
  },
  IDEMPOTENCY_CONFLICT: {
    kind: "usage",
    text: (f: { readonly key: string; readonly method: string }) =>
      `The idempotency key "${f.key}" of a call of ${f.method}() belongs to another call, with another method or other arguments. Use a key for one call and its repetitions only.`,
  },
  SERVICE_START_FAILED: {
    kind: "failed",
    text: (f: { readonly service: string; readonly phase: string; readonly reason: string }) =>
      `Service "${f.service}" failed in ${f.phase}: ${f.reason}`,
  },
  SERVICE_MESSAGE_INVALID: {
    kind: "protocol",
    text: (f: { readonly path: string; readonly problem: string }) =>
      `A message between a service and its caller is invalid at "${f.path}": it ${f.problem}. It was discarded and counted.`,
  },
  CIRCUIT_OPEN: {
    kind: "unavailable",
    text: (f: { readonly service: string; readonly failures: number; readonly retryInMs: number }) =>
      `The circuit breaker of service "${f.service}" is open after ${f.failures} failures; the next attempt is due in ${f.retryInMs} ms.`,
  },
  BULKHEAD_FULL: {
    kind: "full",
    text: (f: { readonly service: string; readonly limit: number }) =>
      `${f.limit} calls of service "${f.service}" are in flight, the bulkhead's limit, and calls do not wait for it.`,
  },
  NO_RUNTIME_CONTEXT: {
    kind: "usage",
    text: (f: { readonly operation: string }) =>
      `${f.operation} was called where no runtime is bound. Call it on ctx, job or runtime, or inside bindRuntimeContext(runtime, () => …).`,
  },
} as const satisfies Record<string, { kind: ErrorKind; text: (facts: never) => string }>;
