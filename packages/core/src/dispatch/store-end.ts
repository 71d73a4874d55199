import { hasCode, reasonOf } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import type { StateStore } from "../state/state-store.port.ts";
import type { TaskOutcome } from "../task/task.port.ts";

/** What the end of a store works with. */
export interface StoreEndScope {
  readonly job: string;
  readonly store: StateStore;
  readonly host: Host;
  /** Told what becomes of the job, before anything that is kept of it is ended; what fails there leaves all as it is. */
  readonly onEnding?: ((outcome: TaskOutcome) => Promise<void>) | undefined;
}

/** The end of what is kept of a job. That something is left in the store changes nothing about how the job has ended. */
export class StoreEnd {
  readonly #scope: StoreEndScope;
  /** Settles when nobody needs what is committed. */
  #kept: Promise<void> | undefined;
  #left = false;

  constructor(scope: StoreEndScope) {
    this.#scope = scope;
  }

  /** Keeps what is committed until the answer is called. */
  keep(): () => void {
    let release = (): void => undefined;
    this.#kept = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** The job goes on elsewhere: whatever becomes of it here, it does not end. */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#scope.store.leave?.();
  }

  /** Notes that the job ends, before its queues are closed. */
  async note(outcome?: TaskOutcome): Promise<void> {
    const { store, host, job, onEnding } = this.#scope;
    if (this.#left) return;
    try {
      if (outcome !== undefined) await onEnding?.(outcome);
      if (!this.#left) await store.ending?.();
    } catch (error) {
      if (hasCode(error, "SEAT_LOST")) this.#left = true; // its next manager ends it
      host.logger.warn(() => `That the job ends could not be noted: ${reasonOf(error)}`, { job, error });
    }
  }

  /** Forgets what is kept, when nobody needs it. */
  async release(): Promise<void> {
    const { store, host, job } = this.#scope;
    if (this.#left) return;
    try {
      await this.#kept;
      await store.release?.();
    } catch (error) {
      const reason = reasonOf(error);
      host.logger.warn(() => `What is kept of the job could not be removed: ${reason}`, { job, error });
    }
  }
}
