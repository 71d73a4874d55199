import { describeValue, SageError } from "../errors/sage-error.ts";
import type { CounterState } from "./state-access.ts";
import type { StateSlot } from "./state-slot.ts";

/** A number in the cells of a table. */
export class KeyedCounter implements CounterState {
  readonly #name: string;
  readonly #slot: StateSlot<number>;

  /** The name is for error messages. */
  constructor(name: string, slot: StateSlot<number>) {
    this.#name = name;
    this.#slot = slot;
  }

  get value(): number {
    return this.#slot.read() ?? 0;
  }

  add(by = 1): number {
    this.#slot.require();
    this.#check("by", by);
    const sum = this.value + by;
    this.#check("value", sum);
    this.#slot.write(sum);
    return sum;
  }

  reset(): void {
    this.#slot.clear();
  }

  #check(path: string, number: number): void {
    if (Number.isFinite(number)) return;
    throw new SageError("STATE_INVALID", { name: this.#name, path, got: describeValue(number) });
  }
}
