import type { CellCodec } from "../state/state-codec.ts";
import type { ValueState } from "./state-access.ts";
import type { StateSlot } from "./state-slot.ts";

/** A value in the cells of a table. */
export class KeyedValue<T> implements ValueState<T> {
  readonly #slot: StateSlot<unknown>;
  readonly #codec: CellCodec<T>;

  constructor(slot: StateSlot<unknown>, codec: CellCodec<T>) {
    this.#slot = slot;
    this.#codec = codec;
  }

  get(): T | undefined {
    const cell = this.#slot.read();
    return cell === undefined ? undefined : this.#codec.load(cell);
  }

  set(value: T): void {
    this.#slot.require();
    this.#slot.write(this.#codec.store(value));
  }

  update(change: (value: T | undefined) => T): T {
    const cell = this.#codec.store(change(this.get()));
    this.#slot.write(cell);
    return this.#codec.load(cell);
  }

  delete(): void {
    this.#slot.clear();
  }
}
