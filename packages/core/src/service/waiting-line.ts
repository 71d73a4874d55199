import type { CallResult } from "./call-interceptor.ts";

/** Calls that are held back, first come, first served; each leaves the line when its signal fires. */
export class WaitingLine {
  /** What lets each call go, in the order in which they came. */
  readonly #line = new Set<() => void>();

  /** Calls that wait. */
  get size(): number {
    return this.#line.size;
  }

  /**
   * Waits for a call's turn, and runs it then. `onGivenUp` is told when the call has left without a turn.
   *
   * @throws the signal's reason when it fires before.
   */
  wait(signal: AbortSignal, run: () => Promise<CallResult>, onGivenUp?: () => void): Promise<CallResult> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#line.delete(go);
        signal.removeEventListener("abort", onAbort);
      };
      // It begins within the turn that lets it go: no other call, and no signal, comes in between.
      const go = (): void => {
        leave();
        resolve(run());
      };
      const onAbort = (): void => {
        leave();
        onGivenUp?.();
        reject(signal.reason);
      };
      this.#line.add(go);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Lets calls go while there is room for one more. */
  release(hasRoom: () => boolean): void {
    for (const go of this.#line) {
      if (!hasRoom()) return;
      go();
    }
  }
}
