/**
 * A promise that gives up when a signal is aborted: for a wait that nobody else may ever end.
 *
 * @throws the signal's reason when it is or becomes aborted first.
 */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const settled = (then: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      then();
    };
    promise.then(
      (value) => settled(() => resolve(value)),
      (error) => settled(() => reject(error)),
    );
  });
}
