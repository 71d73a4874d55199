import { SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import { pathOf } from "../packet/json-copy.ts";
import type { StandardSchema } from "../state/state-codec.ts";
import type { JobModule } from "./define-job.ts";

/** A module of whatever parameters. */
export type AnyJobModule = JobModule<unknown, string>;

/** The jobs that may be submitted by name: what is not among them does not exist. */
export class JobRegistry {
  readonly #modules = new Map<string, AnyJobModule>();

  /** @throws SageError `INVALID_OPTION` when two have one name. */
  constructor(modules: readonly AnyJobModule[]) {
    for (const module of modules) {
      if (this.#modules.has(module.name)) {
        const problem = `has two of the name "${module.name}"`;
        throw new SageError("INVALID_OPTION", {
          path: "jobs",
          problem,
          expected: "modules of different names",
        });
      }
      this.#modules.set(module.name, module);
    }
  }

  /** @throws SageError `JOB_UNKNOWN`. */
  get(name: string): AnyJobModule {
    const module = this.#modules.get(name);
    if (module === undefined) throw new SageError("JOB_UNKNOWN", { name, known: [...this.#modules.keys()] });
    return module;
  }
}

/**
 * The parameters of a job as its schema makes them.
 *
 * @throws SageError `JOB_PARAMS_INVALID` with all problems.
 */
export async function checkedParams(
  { name, params: schema }: AnyJobModule,
  params: unknown,
): Promise<unknown> {
  const result = await validated(name, schema, params);
  if (result.issues === undefined) return result.value;
  const problems = result.issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => (typeof part === "object" ? part.key : part));
    return `params${pathOf(keys)}: ${message}`;
  });
  throw new SageError("JOB_PARAMS_INVALID", { name, problems });
}

async function validated(name: string, schema: StandardSchema<unknown>, params: unknown) {
  try {
    const result = schema["~standard"].validate(params);
    return isPromiseLike(result) ? await result : result;
  } catch (cause) {
    const problems = ["params: their schema has thrown an error, which is the cause"];
    throw new SageError("JOB_PARAMS_INVALID", { name, problems }, { cause });
  }
}
