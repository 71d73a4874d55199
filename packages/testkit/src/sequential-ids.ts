import type { IdSource } from "@sage-kernel/core/spi";

/** Ids that count up: `job-1`, `job-2`, … */
export class SequentialIds implements IdSource {
  #last = 0;

  next(prefix: string): string {
    this.#last++;
    return `${prefix}-${this.#last}`;
  }
}
