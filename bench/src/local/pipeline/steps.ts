import type { Runner } from "../../harness/drive.ts";

/** The user functions of the measured pipeline: map, filter, map, sink. The same for every contender. */
export interface Steps<R> {
  /** Makes a new record of the record. */
  readonly first: (record: R) => R;
  /** True for about half of what `first` makes. */
  readonly keep: (record: R) => boolean;
  /** Makes a new record of the record. */
  readonly second: (record: R) => R;
  /** Counts the record and adds up its amount. */
  readonly sink: (record: R) => void;
}

/** One contender's way to move records of any shape through the steps. */
export interface Pipeline extends Pick<Runner<never, never>, "close"> {
  /** Moves every record, in order, and settles when the last one has reached the sink. */
  run<R>(records: readonly R[], steps: Steps<R>): Promise<void>;
}
