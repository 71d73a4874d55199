import { SageError } from "../errors/sage-error.ts";
import type { StateStore } from "../state/state-store.port.ts";
import type { SupervisedTask } from "./supervised-task.ts";

/**
 * Finds out when the tasks of a job have ended. Where the store may lose what it has said, a task that has completed
 * rests until the store confirms that all have, and goes on when it has lost that: that a job is completed is read from
 * the store, never from memory.
 */
export class CompletionWatch {
  readonly #store: StateStore;
  readonly #tasks: readonly SupervisedTask[];

  /** `tasks` are all of the job; `onLoss` is called behind them. */
  constructor(store: StateStore, tasks: readonly SupervisedTask[], onLoss: () => void) {
    this.#store = store;
    this.#tasks = tasks;
    this.stop =
      store.onLoss?.((error) => {
        for (const task of tasks) task.restart(error);
        onLoss();
      }) ?? (() => undefined);
  }

  /** Listens no more. */
  readonly stop: () => void;

  /**
   * Resolves when all have ended, or rest and are known to have completed; they are let go then.
   *
   * @throws what the store throws.
   */
  async ended(): Promise<void> {
    try {
      do await Promise.all(this.#tasks.map((task) => task.rest()));
      while (!(await this.#confirmed()));
    } finally {
      this.stop();
      for (const task of this.#tasks) task.letGo();
    }
  }

  async #confirmed(): Promise<boolean> {
    const { confirm } = this.#store;
    const allRest = (): boolean => this.#tasks.every(({ resting }) => resting);
    if (!allRest() || confirm === undefined) return true; // one has failed or was cancelled, and so is the job
    const confirmed = await confirm.call(
      this.#store,
      this.#tasks.map(({ id }) => id),
    );
    if (confirmed) return allRest();
    const error = new SageError("STORE_ROLLED_BACK", { store: "The store" });
    for (const task of this.#tasks) if (task.resting) task.restart(error);
    return false;
  }
}
