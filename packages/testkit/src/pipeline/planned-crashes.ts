import type { Plugin } from "@sage-kernel/core";
import { CrashError } from "../store/faulty-stores.ts";

/** A record on which a step is to fail. */
export interface PlannedCrash {
  /** The step's name. */
  readonly step: string;
  /** Which of the records that come to the step, all instances together; the first is 1. */
  readonly record: number;
  /** How many attempts at it fail. Default 1. */
  readonly times?: number;
  /** What is thrown. Default: a `CrashError`. */
  readonly error?: unknown;
}

/** A plug-in that lets steps fail as planned; what becomes of that is up to their `onError`. */
export class PlannedCrashes implements Plugin {
  readonly name = "planned-crashes";
  /** Crashes that have not happened, or not as often as they should. */
  readonly left: Set<PlannedCrash>;
  /** Which record of its step each one is. */
  readonly #places = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #failures = new Map<PlannedCrash, number>();

  constructor(crashes: readonly PlannedCrash[]) {
    this.left = new Set(crashes);
  }

  before: Required<Plugin>["before"] = (_, { step, index, recordId }) => {
    const id = `${step}#${index} ${recordId}`;
    let place = this.#places.get(id);
    if (place === undefined) {
      place = (this.#counts.get(step) ?? 0) + 1;
      this.#counts.set(step, place);
      this.#places.set(id, place);
    }
    for (const crash of this.left) {
      if (crash.step !== step || crash.record !== place) continue;
      const failures = (this.#failures.get(crash) ?? 0) + 1;
      this.#failures.set(crash, failures);
      if (failures >= (crash.times ?? 1)) this.left.delete(crash);
      throw crash.error ?? new CrashError(`the test lets "${step}" fail on record ${place}`);
    }
  };

  /** What of the plan has not come true, in words; `steps` are those that there are. */
  problems(steps: readonly string[]): string[] {
    return [...this.left].map((crash) => {
      const { step, record, times = 1 } = crash;
      if (!steps.includes(step))
        return `there is no step "${step}" to fail; the steps are ${steps.join(", ")}`;
      const failures = this.#failures.get(crash) ?? 0;
      const short = failures === 0 ? "which never came" : `and its policy let it fail ${failures} times only`;
      return `"${step}" was to fail on record ${record}${times > 1 ? ` ${times} times` : ""}, ${short}`;
    });
  }
}
