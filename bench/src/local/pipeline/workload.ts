import type { Steps } from "./steps.ts";

/** A record shape and the functions over it. The sink is not part of it: it belongs to a run. */
export interface Workload<R> extends Omit<Steps<R>, "sink"> {
  /** The record at this place. */
  readonly make: (index: number) => R;
  /** What the sink adds up. */
  readonly amount: (record: R) => number;
}

/** The record that is measured. */
export interface Reading {
  readonly id: number;
  readonly value: number;
}

/** The measured workload: `{id, value}`, value + 1, the even ones, value × 2. */
export const readings: Workload<Reading> = {
  make: (index) => ({ id: index, value: index }),
  first: (reading) => ({ id: reading.id, value: reading.value + 1 }),
  keep: (reading) => (reading.value & 1) === 0,
  second: (reading) => ({ id: reading.id, value: reading.value * 2 }),
  amount: (reading) => reading.value,
};
