/** Something that the scheduler can run once. */
export interface Runnable {
  /** Does one step of work. Must not throw and must not block. */
  run(): void;
}

/** Port: the order in which the steps of tasks run. All interleaving in the kernel goes through it. */
export interface Scheduler {
  /**
   * Runs the step soon, and never inside this call. In production steps run in the order of posting; a
   * simulation chooses the order by its seed. The host's timers and I/O get their turn between steps, however
   * many are posted.
   */
  post(step: Runnable): void;
  /** Resolves after the host's event loop has had a turn. */
  yield(): Promise<void>;
}
