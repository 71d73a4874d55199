import { SageError } from "../errors/sage-error.ts";

/** States of a task. `completed`, `failed` and `cancelled` are terminal. */
export type TaskState =
  | "created"
  | "starting"
  | "running"
  | "draining"
  | "completed"
  | "failed"
  | "cancelled";

const successors: Readonly<Record<TaskState, readonly TaskState[]>> = {
  created: ["starting", "failed", "cancelled"],
  starting: ["running", "failed", "cancelled"],
  running: ["draining", "completed", "failed", "cancelled"],
  draining: ["completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
};

/** The state of one task; refuses what its life-cycle does not allow. */
export class LifeCycle {
  readonly #what: string;
  #state: TaskState = "created";

  constructor(what: string) {
    this.#what = what;
  }

  /** The current state. */
  get state(): TaskState {
    return this.#state;
  }

  /** True in a state that is never left. */
  get terminal(): boolean {
    return successors[this.#state].length === 0;
  }

  /** @throws SageError `ILLEGAL_STATE` when `next` cannot follow the current state. */
  to(next: TaskState): void {
    if (!successors[this.#state].includes(next)) {
      throw new SageError("ILLEGAL_STATE", { what: this.#what, from: this.#state, to: next });
    }
    this.#state = next;
  }
}
