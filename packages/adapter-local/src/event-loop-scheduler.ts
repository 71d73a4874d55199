import type { Runnable, Scheduler } from "@sage-kernel/core/spi";

const budgetMs = 4;
const maxStepsPerLook = 16;
const stepsPerTurn = 64;

/**
 * Runs posted steps in order, in microtasks, and gives the event loop a turn whenever they have run for some 4 ms.
 * How often it looks at the time adapts to how long the steps take, since the look costs as much as a small step.
 */
export class EventLoopScheduler implements Scheduler {
  /** The steps that wait are those between the head and the tail; an emptied array keeps its room. */
  #steps: Runnable[] = [];
  #head = 0;
  #tail = 0;
  #scheduled = false;
  #turnStartedAt = 0;
  #stepsPerLook = 1;

  post(step: Runnable): void {
    this.#steps[this.#tail++] = step;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#turnStartedAt === 0) this.#beginTurn();
    microtask.then(this.#drain);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  readonly #drain = (): void => {
    let look = this.#stepsPerLook;
    let lookedAt = this.#turnStartedAt;
    for (let n = 0; n < stepsPerTurn; n++) {
      if (this.#head === this.#tail) {
        this.#head = 0;
        this.#tail = 0;
        this.#scheduled = false;
        return;
      }
      const step = this.#steps[this.#head] as Runnable;
      this.#steps[this.#head++] = idle;
      if (this.#head >= 1024) this.#compact();
      try {
        step.run();
      } catch (error) {
        raise(error);
      }
      if (--look > 0) continue;
      const now = performance.now();
      this.#adapt(now - lookedAt);
      if (now - this.#turnStartedAt >= budgetMs) {
        setImmediate(this.#onTurn);
        return;
      }
      look = this.#stepsPerLook;
      lookedAt = now;
    }
    microtask.then(this.#drain);
  };

  readonly #onTurn = (): void => {
    this.#beginTurn();
    this.#drain();
  };

  /** The turn lasts until the event loop has come round. */
  #beginTurn(): void {
    this.#turnStartedAt = performance.now();
    setImmediate(this.#forgetTurn);
  }

  readonly #forgetTurn = (): void => {
    if (this.#scheduled) this.#turnStartedAt = performance.now();
    else this.#turnStartedAt = 0;
  };

  #adapt(elapsedMs: number): void {
    if (elapsedMs > budgetMs / 4) this.#stepsPerLook = Math.max(1, this.#stepsPerLook >> 1);
    else if (elapsedMs < budgetMs / 16)
      this.#stepsPerLook = Math.min(maxStepsPerLook, this.#stepsPerLook * 2);
  }

  #compact(): void {
    this.#steps = this.#steps.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}

const microtask = Promise.resolve(); // cheaper than queueMicrotask, which tracks an async resource
const idle: Runnable = { run: () => undefined };

/** A step must not throw; one that does is a bug, which must be seen and must not stop the others. */
function raise(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
