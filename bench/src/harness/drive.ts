/** One contender's way to move records `R` through user functions `S`. */
export interface Runner<R, S> {
  /** Moves every record and settles when the last one has reached the sink. */
  run(records: readonly R[], steps: S): Promise<void>;
  /** Frees what outlives a run. */
  close?(): Promise<void>;
}

/** Source records that are made and results that are worked out, so that a run of the load allocates neither. */
export interface Load<R, S> {
  readonly records: readonly R[];
  /** Begins one run. */
  begin(): Trial<S>;
}

/** One run of a load. */
export interface Trial<S> {
  /** The user functions of this run. */
  readonly steps: S;
  /** Throws unless everything arrived as it should. */
  verify(): void;
}

/** The same load with its user functions changed in each run. */
export function withSteps<R, S, T>(load: Load<R, S>, change: (steps: S) => T): Load<R, T> {
  return {
    records: load.records,
    begin() {
      const { steps, verify } = load.begin();
      return { steps: change(steps), verify };
    },
  };
}

/** Runs the load once through the runner, checks what arrived, and returns the milliseconds of the run alone. */
export async function drive<R, S>(runner: NoInfer<Runner<R, S>>, load: Load<R, S>): Promise<number> {
  const { steps, verify } = load.begin();

  const startedAt = performance.now();
  await runner.run(load.records, steps);
  const elapsedMs = performance.now() - startedAt;

  verify();
  return elapsedMs;
}
