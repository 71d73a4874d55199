import type { Headers } from "../packet/packet.ts";

/** Methods that the kernel calls itself, and no caller can. */
export type ServiceHook = "setup" | "start" | "stop" | "cleanup" | "healthCheck";

/** What a method sees of the call that it serves, beside the runtime. */
export interface CallInfo {
  /** Fires when nobody waits for the answer any more: at the deadline, and when the caller gives up. */
  readonly signal: AbortSignal;
  /** How long the caller still waits, in ms; 0 or less when it does not. */
  readonly remainingMs: number;
  /** What the caller has sent along. */
  readonly headers: Headers | undefined;
  /** Set where the caller may repeat this call. */
  readonly idempotencyKey: string | undefined;
}

type AnyMethod = (...args: never[]) => unknown;

type InheritedName =
  | keyof object
  | "constructor"
  | "toString"
  | "toLocaleString"
  | "valueOf"
  | "hasOwnProperty";

/** Names of the methods of a service that can be called: no hooks, no inherited ones, none that begins with `_`. */
export type MethodName<S> = {
  [K in keyof S & string]: K extends ServiceHook | InheritedName | "then" | `_${string}`
    ? never
    : S[K] extends AnyMethod
      ? K
      : never;
}[keyof S & string];

/** The arguments with which callers call a method: a last parameter of type `CallContext` is not theirs. */
export type MethodArgs<F> = F extends (...args: infer A) => unknown ? OwnArgs<A> : never;

type OwnArgs<A extends unknown[]> = A extends [...infer Own, infer Last]
  ? IsAny<Last> extends true
    ? A
    : [Last] extends [CallInfo]
      ? Own
      : A
  : A;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** What a caller gets from a method. */
export type MethodResult<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** A service as its callers see it: its own methods, each answering a promise. */
export type ServiceProxy<S> = {
  readonly [M in MethodName<S>]: (...args: MethodArgs<S[M]>) => Promise<MethodResult<S[M]>>;
};

/** What `callService(ref, …)` calls: the method `process`, where a service has one. */
export type ProcessArgs<S> = S extends { process: infer F } ? MethodArgs<F> : never;

/** What `callService(ref, …)` answers. */
export type ProcessResult<S> = S extends { process: infer F } ? MethodResult<F> : never;
