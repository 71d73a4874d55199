import type { Clock } from "../host/clock.port.ts";
import type { TaskStats } from "./task-stats.ts";

/** Bounds on one unit of work. */
export interface BatchLimits {
  /** Most records in a unit. */
  readonly maxBatch: number;
  /** How long a unit may take before the next one is made smaller, in ms. */
  readonly maxBatchMs: number;
}

const sampleEvery = 32;

/**
 * Sizes a task's units of work: starts with one record, doubles while full units are quick, and halves when one takes
 * longer than `maxBatchMs`. So cheap steps reach `maxBatch` at once, and a slow one neither blocks the event loop nor
 * withholds its outputs. The clock is read only where the answer can matter.
 */
export class Pace {
  /** How many records to take next. */
  max = 1;
  readonly #clock: Clock;
  readonly #limits: BatchLimits;
  readonly #floor: number;
  readonly #stats: Pick<TaskStats, "unit">;
  /** Units since the last one that was timed. */
  #units = 0;
  #startedAt = -1;

  /** `floor` is the smallest size that a slow unit shrinks to, such as the step's concurrency. */
  constructor(clock: Clock, limits: BatchLimits, floor: number, stats: Pick<TaskStats, "unit">) {
    this.#clock = clock;
    this.#limits = limits;
    this.#floor = Math.min(floor, limits.maxBatch);
    this.#stats = stats;
  }

  /** Call when a unit of `records` begins. */
  begin(records: number): void {
    const undecided = (records >= this.max || records > 1) && this.max < this.#limits.maxBatch;
    const timed = ++this.#units >= sampleEvery || undecided;
    this.#startedAt = timed ? this.#clock.monotonic() : -1;
  }

  /** Call instead of {@link end} when the unit is measured record by record. */
  skip(): void {
    this.#units--;
    this.#startedAt = -1;
  }

  /** Call when the same unit is processed. */
  end(records: number): void {
    if (this.#startedAt < 0) return;
    const took = this.#clock.monotonic() - this.#startedAt;
    this.#stats.unit(took, records, this.#units);
    this.#units = 0;
    if (took > this.#limits.maxBatchMs) this.max = Math.max(this.#floor, this.max >> 1, 1);
    else if (records >= this.max) this.max = Math.min(this.max * 2, this.#limits.maxBatch);
  }
}
