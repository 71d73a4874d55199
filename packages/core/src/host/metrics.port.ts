/** A count that only grows. */
export interface Counter {
  /** Adds `n` (default 1, must not be negative). */
  add(n?: number): void;
}

/** A value that goes up and down. */
export interface Gauge {
  /** Sets the current value. */
  set(value: number): void;
}

/** Names and values that tell series of one metric apart. */
export type MetricLabels = Readonly<Record<string, string>>;

/** Port: where measurements go. The same name and labels give the same series. */
export interface Metrics {
  /** A counter series. */
  counter(name: string, labels?: MetricLabels): Counter;
  /** A gauge series. */
  gauge(name: string, labels?: MetricLabels): Gauge;
}
