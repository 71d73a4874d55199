import { isSageError } from "../errors/sage-error.ts";
import { Histogram, type Percentiles } from "../host/histogram.ts";

/** What has become of the calls of one service that were made here; a JSON value. */
export interface CallReport {
  /** Id of the service's job. */
  readonly job: string;
  /** Its name. */
  readonly service: string;
  /** Calls that have ended. */
  readonly calls: number;
  /** Calls that have not. */
  readonly inFlight: number;
  /** Calls that have failed, by the code of their error; `FOREIGN` for what has none. */
  readonly failures: Readonly<Record<string, number>>;
  /** From the call to its end, in ms. */
  readonly ms: Percentiles;
}

/** Counts the calls of one service. */
export class CallStats {
  #begun = 0;
  #ended = 0;
  readonly #failures = new Map<string, number>();
  readonly #ms = new Histogram();

  /** A call begins. */
  begin(): void {
    this.#begun++;
  }

  /** A call has ended after so many ms, with this error if it has failed. */
  end(ms: number, failure?: { readonly error: unknown }): void {
    this.#ended++;
    this.#ms.record(ms);
    if (failure === undefined) return;
    const code = isSageError(failure.error) ? failure.error.code : "FOREIGN";
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  /** How they stand. */
  report(job: string, service: string): CallReport {
    const [calls, inFlight] = [this.#ended, this.#begun - this.#ended];
    const failures = Object.fromEntries(this.#failures);
    return { job, service, calls, inFlight, failures, ms: this.#ms.percentiles() };
  }
}
