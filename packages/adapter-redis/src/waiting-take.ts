import { SageError } from "@sage-kernel/core";
import type { Delivery } from "@sage-kernel/core/spi";

/** The take of a queue that waits, if one does: there may be one at a time. */
export class WaitingTake {
  #waiting:
    | {
        readonly max: number;
        readonly resolve: (delivery: Delivery) => void;
        readonly reject: (error: unknown) => void;
      }
    | undefined;

  /** Whether one waits. */
  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  /** Looks whether another may wait. @throws SageError `ILLEGAL_STATE`; the signal's reason. */
  check(queue: string, signal?: AbortSignal): void {
    signal?.throwIfAborted();
    if (this.#waiting === undefined) return;
    const what = `The inbox "${queue}"`;
    throw new SageError("ILLEGAL_STATE", { what, from: "one waiting take", to: "a second one" });
  }

  /** Waits for up to so many records. */
  wait(max: number, signal?: AbortSignal): Promise<Delivery> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = undefined;
        reject(signal?.reason);
      };
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
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
  resolve(deliver: (max: number) => Delivery): void {
    const waiting = this.#waiting;
    waiting?.resolve(deliver(waiting.max));
  }

  reject(error: unknown): void {
    this.#waiting?.reject(error);
  }
}
