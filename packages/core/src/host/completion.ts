import type { Runnable, Scheduler } from "./scheduler.port.ts";

const pending = 0;
const fulfilled = 1;
const rejected = 2;

/**
 * A wait that ends at most once and wakes its single subscriber through the {@link Scheduler}.
 *
 * It is a `PromiseLike`, so anybody may `await` it; a task's loop subscribes instead, which costs one small
 * object per wait and no promise. The subscriber never runs inside the call that settles it.
 */
export class Completion<T> implements PromiseLike<T>, Runnable {
  readonly #scheduler: Scheduler;
  #produce: (() => T) | undefined;
  /** Called once, inside the call that settles the wait. */
  onSettled: (() => void) | undefined;
  #state: typeof pending | typeof fulfilled | typeof rejected = pending;
  #value: T | undefined;
  #error: unknown;
  #promise: Promise<T> | undefined;
  /** True from when the subscriber's turn is asked for until it comes. */
  #posted = false;
  #onValue: ((value: T) => void) | undefined;
  #onError: ((error: unknown) => void) | undefined;

  /** With `produce`, the value is made when the subscriber runs, so that it is as fresh as it can be. */
  constructor(scheduler: Scheduler, produce?: () => T) {
    this.#scheduler = scheduler;
    this.#produce = produce;
  }

  /** True once {@link resolve} or {@link reject} was called. */
  get settled(): boolean {
    return this.#state !== pending;
  }

  /** True once the wait has ended with an error. */
  get failed(): boolean {
    return this.#state === rejected;
  }

  /** Ends the wait with a value (or with what `produce` will make); ignored when it has ended. */
  resolve(value?: T): void {
    if (this.#state !== pending) return;
    this.#state = fulfilled;
    this.#value = value;
    this.onSettled?.();
    if (this.#onValue !== undefined) this.#post();
  }

  /** Ends the wait with an error; ignored when it has ended. */
  reject(error: unknown): void {
    if (this.#state !== pending) return;
    this.#state = rejected;
    this.#error = error;
    this.onSettled?.();
    if (this.#onValue !== undefined) this.#post();
  }

  /** The same wait with its value changed on the way to the subscriber; to be called once, before subscribing. */
  map<U>(change: (value: T) => U): Completion<U> {
    const produce = this.#produce;
    const mapped = this as unknown as Completion<U>;
    mapped.#produce = () => change(produce === undefined ? (this.#value as T) : produce());
    return mapped;
  }

  /** Registers the one subscriber; a second call replaces the first. */
  subscribe(onValue: (value: T) => void, onError: (error: unknown) => void): void {
    this.#onValue = onValue;
    this.#onError = onError;
    if (this.#state !== pending) this.#post();
  }

  /** Runs the subscriber; called by the scheduler. */
  run(): void {
    this.#posted = false;
    if (this.#state === rejected) {
      this.#onError?.(this.#error);
      return;
    }
    const produce = this.#produce;
    if (produce === undefined) {
      this.#onValue?.(this.#value as T);
      return;
    }
    let value: T;
    try {
      value = produce();
    } catch (error) {
      this.#state = rejected;
      this.#error = error;
      this.#onError?.(error);
      return;
    }
    this.#onValue?.(value);
  }

  #post(): void {
    if (this.#posted) return;
    this.#posted = true;
    this.#scheduler.post(this);
  }

  // biome-ignore lint/suspicious/noThenProperty: a wait is meant to be awaited
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#promise ??= new Promise<T>((resolve, reject) => this.subscribe(resolve, reject));
    return this.#promise.then(onValue, onError);
  }
}
