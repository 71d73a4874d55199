import type { Random, Runnable, Scheduler } from "@sage-kernel/core/spi";
import { SeededRandom } from "@sage-kernel/core/spi";
import { type FakeClock, settle } from "../clock/fake-clock.ts";

/** Steps after which a simulation is taken for one that never ends. */
const defaultMaxSteps = 5_000_000;

/**
 * A scheduler that orders everything by its seed: port completions, steps of tasks, timers that are due together.
 * Time is virtual: it moves to the next timer when nothing else can run. The same seed gives the same run, as long as
 * the code under test awaits nothing but promises and ports of the kernel.
 */
export class SimScheduler implements Scheduler {
  /** Number of steps run so far. */
  steps = 0;
  /**
   * Resolves when everything outside of this process has come to rest, such as a server that is asked for something. Awaited
   * before time moves on, and before a simulation is taken for stuck.
   */
  outside: (() => Promise<void>) | undefined;
  /** Called before each step. */
  onStep: (() => void) | undefined;
  readonly #random: Random;
  readonly #clock: FakeClock;
  readonly #ready: Runnable[] = [];

  constructor(seed: number, clock: FakeClock) {
    this.#random = new SeededRandom(seed);
    this.#clock = clock;
  }

  /** Steps that wait for their turn. */
  get waiting(): number {
    return this.#ready.length;
  }

  post(step: Runnable): void {
    this.#ready.push(step);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => this.post({ run: resolve }));
  }

  /** Starts a named activity, in its turn. */
  spawn(_name: string, activity: () => void | Promise<void>): void {
    this.post({ run: () => void activity() });
  }

  /**
   * Runs the simulation until `main` settles, and returns or throws what it does.
   *
   * @throws Error when nothing can run any more and `main` has not settled, or after `maxSteps` steps and timers.
   */
  async run<T>(main: () => Promise<T>, maxSteps: number = defaultMaxSteps): Promise<T> {
    let settled = false;
    const result = main().finally(() => {
      settled = true;
    });
    result.catch(() => undefined);
    for (let step = 0; ; step++) {
      await settle();
      if (settled) return result;
      if (step > maxSteps) throw new Error(`the simulation did not end within ${maxSteps} steps`);
      if (this.#step()) continue;
      if (await this.#heardFromOutside()) continue;
      if (settled) return result;
      if (!this.#clock.fireNext()) {
        await settle(); // a last chance for promises that needed one more turn
        if (settled) return result;
        if (this.#ready.length === 0 && this.#clock.pending === 0) {
          throw new Error("deadlock: nothing can run, no timer is set, and the main activity has not ended");
        }
      }
    }
  }

  /**
   * Runs all that can run without time moving on.
   *
   * @throws Error after `maxSteps` steps.
   */
  async settle(maxSteps: number = defaultMaxSteps): Promise<void> {
    for (let step = 0; step <= maxSteps; step++) {
      await settle();
      if (this.#step()) continue;
      await settle(); // a last chance for promises that needed one more turn
      if (await this.#heardFromOutside()) continue;
      if (this.#ready.length === 0) return;
    }
    throw new Error(`the simulation did not come to rest within ${maxSteps} steps`);
  }

  /** Waits for what is outside; answers whether anything can run by it. */
  async #heardFromOutside(): Promise<boolean> {
    if (this.outside === undefined) return false;
    await this.outside();
    await settle();
    return this.#ready.length > 0;
  }

  /** Runs one ready step, chosen by the seed. */
  #step(): boolean {
    const { length } = this.#ready;
    if (length === 0) return false;
    const index = this.#random.integer(length);
    const step = this.#ready[index] as Runnable;
    this.#ready[index] = this.#ready[length - 1] as Runnable;
    this.#ready.pop();
    this.steps++;
    this.onStep?.();
    step.run();
    return true;
  }
}
