interface Waiting {
  readonly bytes: number;
  readonly listener: () => void;
}

/** Who waits until no more than so many bytes are under way. */
export class LowWater {
  #waiting: readonly Waiting[] = [];

  /** Calls back once, when {@link tell} is told of no more than so many bytes. */
  wait(bytes: number, listener: () => void): void {
    this.#waiting = [...this.#waiting, { bytes, listener }];
  }

  /** So many bytes are under way now. */
  tell(left: number): void {
    const before = this.#waiting;
    if (!before.some(({ bytes }) => left <= bytes)) return;
    this.#waiting = before.filter(({ bytes }) => left > bytes);
    for (const { bytes, listener } of before) if (left <= bytes) listener();
  }
}
