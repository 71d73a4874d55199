import type { BuildProblem } from "../errors/build-problem.ts";
import type { DeclaredService } from "../graph/service-declaration.ts";
import type { FutureSlot, Transformation } from "../graph/transformation.ts";

/** The steps that one environment has declared, in order. */
export class Declaration {
  readonly #steps: Transformation[] = [];
  readonly #futures: FutureSlot[] = [];
  readonly #problems: BuildProblem[] = [];
  readonly #services: DeclaredService[] = [];

  /** The steps so far. */
  get steps(): readonly Transformation[] {
    return this.#steps;
  }

  /** The futures so far. */
  get futures(): readonly FutureSlot[] {
    return this.#futures;
  }

  /** The services so far. */
  get services(): readonly DeclaredService[] {
    return this.#services;
  }

  /** What was found wrong with streams that are no steps. */
  get problems(): readonly BuildProblem[] {
    return this.#problems;
  }

  /** Adds a step in the next place. */
  add(step: Omit<Transformation, "environment" | "ordinal">): Transformation {
    const added: Transformation = { ...step, environment: this, ordinal: this.#steps.length + 1 };
    this.#steps.push(added);
    return added;
  }

  /** Adds a future that is not filled yet. */
  addFuture(name: string, maxLoopRecords: number): FutureSlot {
    const future: FutureSlot = { environment: this, name, maxLoopRecords, fills: [] };
    this.#futures.push(future);
    return future;
  }

  /** Adds a service. */
  addService(service: DeclaredService): void {
    this.#services.push(service);
  }

  /** Keeps a problem until the pipeline is compiled. */
  report(problem: BuildProblem): void {
    this.#problems.push(problem);
  }
}
