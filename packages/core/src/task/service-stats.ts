import { Histogram, type Percentiles } from "../host/histogram.ts";

/** What one method of a service has done; a JSON value. */
export interface MethodReport {
  /** Calls that it has ended, failed ones included. */
  readonly calls: number;
  /** Calls that have failed. */
  readonly failures: number;
  /** How long they have run, in ms. */
  readonly ms: Percentiles;
}

/** Outcomes that came for nobody, by why. */
export interface StrayOutcomes {
  /** Their request has been answered, or given up. */
  readonly late: number;
  /** They are no outcomes. */
  readonly invalid: number;
}

/** How one instance of a service stands; a JSON value. */
export interface ServiceReport {
  /** Id of the instance, such as `profile#0`. */
  readonly id: string;
  /** Name of the service. */
  readonly service: string;
  /** Calls that run. */
  readonly running: number;
  /** Most calls that have run at once. */
  readonly maxRunning: number;
  /** Requests that were not run, since nobody waited for them any more when their turn came. */
  readonly expired: number;
  /** Requests that were not run, since their caller had given them up. */
  readonly cancelled: number;
  /** Requests that were answered with what an earlier one under the same key has come to. */
  readonly repeated: number;
  /** Messages that were no requests, or asked for what there is not. */
  readonly refused: number;
  /** Times that requests may have been lost on their way here. */
  readonly doubts: number;
  /** Why it is not well, by its `healthCheck()`; left out while it is. */
  readonly problem?: string;
  /** What was told of requests that had ended, and what was no outcome; only where a pipeline answers them. */
  readonly strayOutcomes?: StrayOutcomes;
  /** By method; only those that were called. */
  readonly methods: Readonly<Record<string, MethodReport>>;
}

interface MethodStats {
  calls: number;
  failures: number;
  readonly ms: Histogram;
}

/** Counts what one instance of a service does. */
export class ServiceStats {
  running = 0;
  expired = 0;
  cancelled = 0;
  refused = 0;
  repeated = 0;
  doubts = 0;
  #maxRunning = 0;
  readonly #methods = new Map<string, MethodStats>();

  /** A method begins. */
  begin(): void {
    this.running++;
    if (this.running > this.#maxRunning) this.#maxRunning = this.running;
  }

  /** A method has ended. */
  end(method: string, ms: number, failed: boolean): void {
    this.running--;
    let stats = this.#methods.get(method);
    if (stats === undefined) {
      stats = { calls: 0, failures: 0, ms: new Histogram() };
      this.#methods.set(method, stats);
    }
    stats.calls++;
    if (failed) stats.failures++;
    stats.ms.record(ms);
  }

  /** How it stands. */
  report(id: string, service: string, problem?: string): ServiceReport {
    const { running, expired, cancelled, refused, repeated, doubts } = this;
    const methods = [...this.#methods].map(([name, { calls, failures, ms }]): [string, MethodReport] => [
      name,
      { calls, failures, ms: ms.percentiles() },
    ]);
    const maxRunning = this.#maxRunning;
    return {
      id,
      service,
      running,
      maxRunning,
      expired,
      cancelled,
      refused,
      repeated,
      doubts,
      methods: Object.fromEntries(methods),
      ...(problem === undefined ? {} : { problem }),
    };
  }
}
