import { whenSettled } from "../host/maybe-promise.ts";

/** What earlier incarnations of a task have committed that is not downstream yet: the next one waits for it first. */
export class EarlierOutputs {
  #wait: PromiseLike<void> | undefined;

  constructor(wait: PromiseLike<void> | undefined) {
    this.#wait = wait;
  }

  /** Whether there is any left. */
  get waiting(): boolean {
    return this.#wait !== undefined;
  }

  /** Calls back once there is none. */
  whenGone(onGone: () => void, onError: (error: unknown) => void): void {
    const wait = this.#wait;
    if (wait === undefined) {
      onGone();
      return;
    }
    const gone = (): void => {
      this.#wait = undefined;
      onGone();
    };
    whenSettled(wait, gone, onError);
  }
}
