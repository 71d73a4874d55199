import { reasonOf } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import type { StateStore } from "../state/state-store.port.ts";

/** What the end of a store works with. */
export interface StoreEndScope {
  readonly job: string;
  readonly store: StateStore;
  readonly host: Host;
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
  async note(): Promise<void> {
    const { store, host, job } = this.#scope;
    if (store.ending === undefined || this.#left) return;
    try {
      await store.ending();
    } catch (error) {
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
