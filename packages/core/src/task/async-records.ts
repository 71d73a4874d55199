import type { Batch } from "../packet/batch.ts";
import type { RunnerScope } from "./runner-scope.ts";
import { applyRecord, invokeRecord, type Settled, settleAnswer } from "./settled-record.ts";

/** Where the first promise came up: the record at `index` of the batch, and what its function answered. */
export interface Suspension {
  readonly batches: readonly Batch[];
  readonly batch: number;
  readonly index: number;
  readonly first: unknown;
}

interface Slot {
  readonly batch: Batch;
  readonly index: number;
  settled: Settled | undefined;
}

/**
 * Goes on with a delivery from the first record whose function returned a promise: up to `concurrency` records in
 * flight, one where the stream is keyed, and their outputs in the order of the inputs. Starts no record once the task
 * was cancelled.
 */
export function runAsynchronously(scope: RunnerScope, from: Suspension): Promise<void> {
  const keyed = from.batches[from.batch]?.keys !== undefined;
  return new Lanes(scope, from).run(keyed ? 1 : scope.concurrency);
}

class Lanes {
  readonly #scope: RunnerScope;
  readonly #batches: readonly Batch[];
  readonly #slots: (Slot | undefined)[] = [];
  readonly #first: Slot;
  readonly #answer: unknown;
  #batch: number;
  #index: number;
  #applied = 0;
  #applying: Promise<void> | undefined;
  #failed = false;

  constructor(scope: RunnerScope, from: Suspension) {
    this.#scope = scope;
    this.#batches = from.batches;
    this.#batch = from.batch;
    this.#index = from.index;
    this.#answer = from.first;
    this.#first = this.#next() as Slot;
  }

  async run(lanes: number): Promise<void> {
    const others = Array.from({ length: lanes - 1 }, () => this.#lane(undefined));
    await Promise.all([this.#lane(this.#first), ...others]);
  }

  async #lane(first: Slot | undefined): Promise<void> {
    try {
      for (let slot = first ?? this.#start(); slot !== undefined; slot = this.#start()) {
        const settling =
          slot === this.#first
            ? settleAnswer(this.#answer)
            : invokeRecord(this.#scope, slot.batch, slot.index);
        slot.settled = await settling;
        const wait = this.#applyPrefix();
        if (wait !== undefined) await wait;
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  /** The next record to start, unless the task has given up. */
  #start(): Slot | undefined {
    return this.#failed || this.#scope.signal.aborted ? undefined : this.#next();
  }

  #next(): Slot | undefined {
    for (; this.#batch < this.#batches.length; this.#batch++, this.#index = 0) {
      const batch = this.#batches[this.#batch] as Batch;
      if (this.#index >= batch.payloads.length) continue;
      const slot: Slot = { batch, index: this.#index++, settled: undefined };
      this.#slots.push(slot);
      return slot;
    }
    return undefined;
  }

  /** Applies the records that are settled and have only applied ones before them. */
  #applyPrefix(): Promise<void> | undefined {
    if (this.#failed) return undefined;
    if (this.#applying !== undefined) return this.#applying;
    for (
      let slot = this.#slots[this.#applied];
      slot?.settled !== undefined;
      slot = this.#slots[this.#applied]
    ) {
      this.#slots[this.#applied++] = undefined; // lets go of the record
      const wait = applyRecord(this.#scope, slot.batch, slot.index, slot.settled);
      if (wait === undefined) continue;
      this.#applying = wait.then(() => {
        this.#applying = undefined;
        return this.#applyPrefix();
      });
      return this.#applying;
    }
    return undefined;
  }
}
