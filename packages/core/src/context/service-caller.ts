import type { Headers } from "../packet/packet.ts";
import type { Overflow } from "../service/call-scope.ts";
import type { ServiceRef } from "./service-ref.ts";
import type {
  MethodArgs,
  MethodName,
  MethodResult,
  ProcessArgs,
  ProcessResult,
  ServiceProxy,
} from "./service-types.ts";

/** How one call is made. */
export interface CallOptions {
  /** How long to wait for the answer, in ms. Default: as the service was registered, else 10,000. */
  readonly timeoutMs?: number;
  /** Gives the call up when it fires. */
  readonly signal?: AbortSignal;
  /** What happens when the service has no room: wait up to the deadline, or be rejected. Default: as registered. */
  readonly overflow?: Overflow;
  /** Tells a repetition of this call from another one: the service runs it once and answers both. */
  readonly idempotencyKey?: string;
  /** Small facts that travel with the request. */
  readonly headers?: Headers;
}

/** A call in full, of a service that is known by its name. */
export interface NamedCall extends CallOptions {
  readonly service: string;
  /** Default `process`. */
  readonly method?: string;
  /** Default none. */
  readonly args?: readonly unknown[];
}

/** A call in full, of a service whose type is known. */
export interface TypedCall<S, M extends MethodName<S>> extends CallOptions {
  readonly service: ServiceRef<S>;
  readonly method: M;
  readonly args: Readonly<MethodArgs<S[M]>>;
}

/** A call under way. */
export interface CallHandle<R> {
  /** Its answer. Rejects like `callService`; after {@link CallHandle.cancel} nobody has to handle that. */
  readonly result: Promise<R>;
  /** Gives it up: `result` rejects with `SERVICE_CANCELLED`, and the method's signal fires. No effect once it has ended. */
  cancel(): void;
}

/**
 * Calls services. All forms reject with the error of the method, with its name, message, code and cause, or with a
 * `SageError`: `SERVICE_NOT_FOUND`, `SERVICE_AMBIGUOUS`, `SERVICE_METHOD_NOT_FOUND`, `SERVICE_CALL_CYCLE` and
 * `INVALID_OPTION` at once, `SERVICE_TIMEOUT`, `SERVICE_CANCELLED`, `SERVICE_FULL`, `SERVICE_UNAVAILABLE`.
 */
export interface ServiceCaller {
  /** Calls the method `process` of a service. */
  callService<S>(service: ServiceRef<S>, ...args: ProcessArgs<S>): Promise<ProcessResult<S>>;
  /** Calls the method `process` of a service by its name. */
  callService(service: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Calls a method of a service whose type is known. */
  callService<S, M extends MethodName<S>>(call: TypedCall<S, M>): Promise<MethodResult<S[M]>>;
  /** Calls a method by its name. */
  callService(call: NamedCall): Promise<unknown>;

  /** Like {@link ServiceCaller.callService}, with a handle by which the call can be given up. */
  callServiceAsync<S>(service: ServiceRef<S>, ...args: ProcessArgs<S>): CallHandle<ProcessResult<S>>;
  callServiceAsync(service: string, ...args: readonly unknown[]): CallHandle<unknown>;
  callServiceAsync<S, M extends MethodName<S>>(call: TypedCall<S, M>): CallHandle<MethodResult<S[M]>>;
  callServiceAsync(call: NamedCall): CallHandle<unknown>;

  /** A service as an object whose methods answer promises. */
  service<S>(service: ServiceRef<S> | string, options?: CallOptions): ServiceProxy<S>;
}
