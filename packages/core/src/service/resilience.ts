import type { Host } from "../host/host.ts";
import { Bulkhead, type BulkheadOptions, bulkheadProblemOf } from "./bulkhead.ts";
import type { CallInterceptor } from "./call-interceptor.ts";
import { CircuitBreaker, type CircuitBreakerOptions, circuitBreakerProblemOf } from "./circuit-breaker.ts";
import { type CallRetryOptions, retryCalls, retryProblemOf } from "./retry.ts";

/** What keeps the callers of a service from harm when it fails, and it from theirs. */
export interface ResilienceOptions {
  /** Tries failed calls of `idempotent` methods again. Default: no. */
  readonly retry?: CallRetryOptions;
  /** Pauses the callers while the service fails. Default: no. */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /** Most calls of the service in flight from this runtime. Default: no limit. */
  readonly bulkhead?: BulkheadOptions;
  /** More of the kind, outside of these, the first one outermost. Default none. */
  readonly interceptors?: readonly CallInterceptor[];
}

/** What is around the calls of one service. */
export interface Resilience {
  /** The first one outermost. */
  readonly interceptors: readonly CallInterceptor[];
  readonly breaker: CircuitBreaker | undefined;
}

/** What is wrong with each option, in words; `undefined` where nothing is. */
export const resilienceProblems = {
  retry: retryProblemOf,
  circuitBreaker: circuitBreakerProblemOf,
  bulkhead: bulkheadProblemOf,
} as const;

/**
 * Puts together what is around the calls of a service: a call takes its place in the bulkhead once, and each of its
 * attempts passes the breaker. The options have been checked.
 */
export function resilienceOf(service: string, options: ResilienceOptions, host: Host): Resilience {
  const { retry, circuitBreaker, bulkhead, interceptors = [] } = options;
  const breaker = circuitBreaker === undefined ? undefined : breakerOf(service, circuitBreaker, host);
  const chain = [...interceptors];
  if (bulkhead !== undefined) chain.push(new Bulkhead(bulkhead).intercept);
  if (retry !== undefined) chain.push(retryCalls(retry, host));
  if (breaker !== undefined) chain.push(breaker.intercept);
  return { interceptors: chain, breaker };
}

function breakerOf(service: string, options: CircuitBreakerOptions, host: Host): CircuitBreaker {
  const { onChange } = options;
  return new CircuitBreaker(
    {
      ...options,
      onChange(change) {
        const { from, to, failures } = change;
        host.logger.warn(
          () => `The circuit breaker of service "${service}" is ${to} after ${failures} failures in a row`,
          { service, from, to },
        );
        onChange?.(change);
      },
    },
    host,
  );
}
