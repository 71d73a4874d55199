import type { FunctionTable } from "../graph/compile.ts";
import type { Random } from "../host/random.port.ts";
import { defaultRestart, RestartPolicy, type RestartStrategy } from "../task/restart-strategy.ts";

/**
 * Who decides over the restarts of a job's tasks. A step's own strategy counts for each of its tasks by itself; the
 * job's counts the failures of all others together. A step whose records may restart it has a strategy in any case.
 */
export class JobRestarts {
  readonly #functions: Pick<FunctionTable, "restarts" | "faults">;
  readonly #random: Random;
  readonly #shared: RestartPolicy | undefined;

  constructor(
    functions: Pick<FunctionTable, "restarts" | "faults">,
    strategy: RestartStrategy | undefined,
    random: Random,
  ) {
    this.#functions = functions;
    this.#random = random;
    this.#shared = strategy && policy(strategy, random.fork("restarts"));
  }

  /** Who decides over a task of a step; `undefined` when it is never restarted. */
  of(step: string, task: string): RestartPolicy | undefined {
    const { restarts, faults } = this.#functions;
    const asked = (faults.get(step)?.restarts ?? 0) > 0;
    const own = restarts.get(step);
    if (own === undefined && this.#shared !== undefined) return this.#shared;
    const strategy = own ?? (asked ? defaultRestart : "none");
    return policy(strategy, this.#random.fork(`${task}/restarts`));
  }
}

function policy(strategy: RestartStrategy, random: Random): RestartPolicy | undefined {
  return strategy === "none" ? undefined : new RestartPolicy(strategy, random);
}
