import type { Host, Runnable, Scheduler } from "@sage-kernel/core/spi";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { createFakes } from "../fakes.ts";
import type { RecordingLogger } from "../recording-logger.ts";
import type { SimScheduler } from "../scheduler/sim-scheduler.ts";

/** Turns of the event loop after which an activity is taken for one that never ends. */
const defaultMaxTurns = 20_000;
const nobodyWaitsMs = 2 ** 31 - 1;

/** A fake machine in virtual time: the clock moves to the next timer when nothing else can run. */
export interface VirtualMachine {
  /** What the code under test gets. */
  readonly host: Host & { readonly clock: FakeClock; readonly logger: RecordingLogger };
  /**
   * Runs an activity to its end.
   *
   * @throws what it throws; Error when nothing can run any more, or when it takes too long.
   */
  run<T>(main: () => Promise<T>): Promise<T>;
}

/** One whose order of events follows from a seed. */
export interface SimulatedMachine extends VirtualMachine {
  readonly host: VirtualMachine["host"] & { readonly scheduler: SimScheduler };
}

/** A scheduler that knows how many of its steps wait for their turn. */
export class CountingScheduler implements Scheduler {
  /** Steps that were posted and have not begun. */
  waiting = 0;
  readonly #inner: Scheduler;

  constructor(inner: Scheduler) {
    this.#inner = inner;
  }

  post(step: Runnable): void {
    this.waiting++;
    this.#inner.post({
      run: () => {
        this.waiting--;
        step.run();
      },
    });
  }

  async yield(): Promise<void> {
    this.waiting++;
    await this.#inner.yield();
    this.waiting--;
  }
}

/** A machine on a scheduler that runs by itself, such as the one of an adapter. */
export function virtualMachine(scheduler: Scheduler): VirtualMachine {
  const { adapter: _, ...fakes } = createFakes(1, new FakeClock(undefined, nobodyWaitsMs));
  const counting = new CountingScheduler(scheduler);
  const host = { ...fakes, scheduler: counting };
  return { host, run: (main) => drive(main, () => counting.waiting > 0 || host.clock.fireNext()) };
}

/** A machine whose order of events follows from `seed`. */
export function simulatedMachine(seed: number): SimulatedMachine {
  const { adapter: _, ...host } = createFakes(seed, new FakeClock(undefined, nobodyWaitsMs));
  return { host, run: (main) => host.scheduler.run(main, defaultMaxTurns) };
}

/** Waits for an activity; whenever it stands still, `goOn` must get something to happen. */
async function drive<T>(main: () => Promise<T>, goOn: () => boolean): Promise<T> {
  let settled = false;
  const result = main().finally(() => {
    settled = true;
  });
  result.catch(() => undefined);
  for (let turn = 0; turn < defaultMaxTurns; turn++) {
    await settle();
    if (settled || goOn()) {
      if (settled) return result;
      continue;
    }
    await settle(); // a last chance for promises that needed one more turn
    if (!settled && !goOn())
      throw new Error("nothing can run, no timer is set, and the activity has not ended");
  }
  throw new Error(`the activity did not end within ${defaultMaxTurns} turns of the event loop`);
}
