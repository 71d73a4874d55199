import { errorFacts, isSageError } from "../errors/sage-error.ts";
import { Histogram, type Percentiles } from "../host/histogram.ts";

/** What a task measures beside its ledger; a JSON value. */
export interface TaskTimes {
  /** Time in user code, in ms; estimated from samples where units are quick. */
  readonly busyMs: number;
  /** Time in which it waited for room downstream, in ms. */
  readonly blockedMs: number;
  /** Time per record in the step, in ms; sampled. */
  readonly latencyMs: Percentiles;
  /** Failed attempts, by error code or name. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Gathers a task's measurements, cheaply: nothing per record on the synchronous path. */
export class TaskStats {
  #busyMs = 0;
  #blockedMs = 0;
  readonly #latency = new Histogram();
  readonly #errors = new Map<string, number>();

  /** One unit of `records` took so long; `units` like it have passed since the last one that was measured. */
  unit(tookMs: number, records: number, units: number): void {
    this.#busyMs += tookMs * units;
    if (records > 0) this.#latency.record(tookMs / records, records * units);
  }

  /** One record took so long on its own. */
  record(tookMs: number): void {
    this.#busyMs += tookMs;
    this.#latency.record(tookMs);
  }

  /** The task waited so long for room. */
  blocked(tookMs: number): void {
    this.#blockedMs += tookMs;
  }

  /** An attempt failed. */
  failure(error: unknown): void {
    const name = isSageError(error)
      ? error.code
      : (foreignCode(error) ?? errorFacts(error)?.name ?? "NonError");
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
  }

  /** The measurements so far. */
  toJSON(): TaskTimes {
    return {
      busyMs: this.#busyMs,
      blockedMs: this.#blockedMs,
      latencyMs: this.#latency.percentiles(),
      errors: Object.fromEntries(this.#errors),
    };
  }
}

function foreignCode(error: unknown): string | undefined {
  try {
    const code = (error as { code?: unknown } | null | undefined)?.code;
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}
