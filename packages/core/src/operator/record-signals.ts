/**
 * The signals of single records in flight, which fire with their task's. They are many, and a signal with many
 * listeners makes Node warn of a leak: so there is one listener for all of them.
 */
export class RecordSignals {
  readonly #open = new Set<AbortController>();
  readonly #task: AbortSignal;

  constructor(task: AbortSignal) {
    this.#task = task;
    const onAbort = (): void => {
      for (const controller of this.#open) controller.abort(task.reason);
    };
    task.addEventListener("abort", onAbort, { once: true });
  }

  /** A signal for one record, to be closed when the record has settled. */
  open(): AbortController {
    const controller = new AbortController();
    if (this.#task.aborted) controller.abort(this.#task.reason);
    this.#open.add(controller);
    return controller;
  }

  /** Forgets a record's signal. */
  close(controller: AbortController): void {
    this.#open.delete(controller);
  }
}
