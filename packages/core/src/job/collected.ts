/** Names what a `collect` step gathers; `T` is the type of its records. */
export interface Collected<T> {
  /** Id of the step. */
  readonly step: string;
  /** What tells the environment from others. */
  readonly owner: object;
  /** Never set; carries the type. */
  readonly type?: T;
}
