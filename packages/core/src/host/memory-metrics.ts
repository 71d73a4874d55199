import type { Counter, Gauge, MetricLabels, Metrics } from "./metrics.port.ts";

class Series implements Counter, Gauge {
  value = 0;

  add(n = 1): void {
    this.value += n;
  }

  set(value: number): void {
    this.value = value;
  }
}

/** Keeps user measurements in memory, to be read with {@link MemoryMetrics.snapshot}. */
export class MemoryMetrics implements Metrics {
  readonly #series = new Map<string, Series>();

  counter(name: string, labels?: MetricLabels): Counter {
    return this.#get(name, labels);
  }

  gauge(name: string, labels?: MetricLabels): Gauge {
    return this.#get(name, labels);
  }

  /** Every series by `name{label="value",…}`, labels in alphabetical order. */
  snapshot(): Record<string, number> {
    return Object.fromEntries([...this.#series].map(([key, series]) => [key, series.value]));
  }

  #get(name: string, labels: MetricLabels = {}): Series {
    const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const key =
      pairs.length === 0 ? name : `${name}{${pairs.map(([k, v]) => `${k}=${JSON.stringify(v)}`).join()}}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series();
      this.#series.set(key, series);
    }
    return series;
  }
}
