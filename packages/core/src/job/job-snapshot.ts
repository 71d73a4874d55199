import type { JsonValue } from "../errors/json.ts";

/** The cells of a table: by key group, pairs of a key and what is kept for it, encoded. */
export type TableSnapshot = {
  readonly [group: string]: readonly (readonly [key: JsonValue, cell: JsonValue])[];
};

/** What one task of a step had committed. */
export interface TaskSnapshot {
  readonly [field: string]: JsonValue;
  /** Whether it had sent its stop signals. */
  readonly finished: boolean;
  /** Its state, by table. */
  readonly state: { readonly [table: string]: TableSnapshot };
}

/** What the tasks of one step had committed. */
export interface StepSnapshot {
  readonly [field: string]: JsonValue;
  /** What the step does. */
  readonly kind: string;
  /** Where the splits of a source stand, in their order. */
  readonly splits: readonly (readonly [split: string, position: JsonValue])[];
  /** Its tasks, by their index. */
  readonly tasks: readonly TaskSnapshot[];
}

/**
 * Everything that a job had committed when nothing was under way: a JSON value, from which another job of the same
 * pipeline can go on, also at another parallelism.
 */
export interface JobSnapshot {
  readonly [field: string]: JsonValue;
  readonly version: 1;
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Id of the job that it was taken of. */
  readonly job: string;
  /** When it was taken, in ms since the Unix epoch. */
  readonly takenAt: number;
  /** Its steps, by their ids; those without state and position are left out. */
  readonly steps: { readonly [step: string]: StepSnapshot };
}
