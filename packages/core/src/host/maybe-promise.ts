import { Completion } from "./completion.ts";

/**
 * A value now, or a promise of it. Ports on the hot path answer with one, so that what needs no waiting
 * costs no promise.
 */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Tells whether a value must be waited for: it has a callable `then`. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

/**
 * Calls back once the promise settles. A {@link Completion} calls back without allocating a promise;
 * anything else goes through its `then`.
 */
export function whenSettled<T>(
  promise: PromiseLike<T>,
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
): void {
  if (promise instanceof Completion) promise.subscribe(onValue, onError);
  else promise.then(onValue, onError);
}
