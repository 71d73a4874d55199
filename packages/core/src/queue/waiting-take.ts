import { SageError } from "../errors/sage-error.ts";

/** The take of an inbox that waits, if one does: there may be one at a time. `T` is what it gets. */
export class WaitingTake<T> {
  #waiting:
    | {
        readonly max: number;
        readonly resolve: (taken: T) => void;
        readonly reject: (error: unknown) => void;
      }
    | undefined;

  /** Whether one waits. */
  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  /** Looks whether another may wait. @throws SageError `ILLEGAL_STATE`; the signal's reason. */
  check(inbox: string, signal?: AbortSignal): void {
    signal?.throwIfAborted();
    if (this.#waiting === undefined) return;
    const what = `The inbox "${inbox}"`;
    throw new SageError("ILLEGAL_STATE", { what, from: "one waiting take", to: "a second one" });
  }

  /** Waits for up to so many. */
  wait(max: number, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = undefined;
        reject(signal?.reason);
      };
      const settled = <V>(settle: (value: V) => void) => {
        return (value: V): void => {
          this.#waiting = undefined;
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      };
      this.#waiting = { max, resolve: settled(resolve), reject: settled(reject) };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Gives it what there is. */
  resolve(deliver: (max: number) => T): void {
    const waiting = this.#waiting;
    waiting?.resolve(deliver(waiting.max));
  }

  reject(error: unknown): void {
    this.#waiting?.reject(error);
  }
}
