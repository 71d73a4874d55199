/** Whether a task may take and start records, and who waits for it to stand still. */
export class PauseGate {
  /** Called when something has come to stand still. */
  onStill: () => void = () => undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #held: (() => void)[] = [];
  #paused = false;
  #parked = false;
  #standing = 0;

  /** True from {@link pause} to {@link resume}. */
  get paused(): boolean {
    return this.#paused;
  }

  /** True when the task has come to the gate and waits there. */
  get parked(): boolean {
    return this.#parked;
  }

  /** Records in flight for which nothing runs: they are held at the gate, or wait for their next attempt. */
  get standing(): number {
    return this.#standing;
  }

  /** Closes the gate; resolves with the next {@link release}. */
  pause(): Promise<void> {
    this.#paused = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The task waits at the gate. */
  park(): void {
    this.#parked = true;
  }

  /** Waits while something that takes its time without any work goes on. */
  async stand<T>(wait: Promise<T>): Promise<T> {
    this.#standing++;
    this.onStill();
    try {
      return await wait;
    } finally {
      this.#standing--;
    }
  }

  /** Waits until the gate is open; at once when it is. */
  async pass(): Promise<void> {
    while (this.#paused) await this.stand(new Promise<void>((resolve) => this.#held.push(resolve)));
  }

  /** Opens the gate, which ends every wait for a pause; answers whether the task waited there. */
  resume(): boolean {
    const waited = this.#parked;
    this.#paused = false;
    this.#parked = false;
    this.release();
    for (const go of this.#held.splice(0)) go();
    return waited;
  }

  /** The task stands still: those who paused it may go on. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
