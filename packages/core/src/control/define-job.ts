import type { Environment, SubmitOptions } from "../api/environment.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import { namePattern, nameRemedy } from "../graph/validate-options.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { StandardSchema } from "../state/state-codec.ts";

/** A pipeline that can be submitted by its name, with parameters. */
export interface JobModule<P = unknown, Name extends string = string> {
  /** What it is submitted by; its environment has the same name. 1 to 64 letters, digits, `.`, `_` and `-`. */
  readonly name: Name;
  /** Checks the parameters, which come as JSON, and may convert them: a zod schema is one. */
  readonly params: StandardSchema<P>;
  /**
   * Tells versions of it apart: a worker takes no work of another version than its manager's. Default: the text of `build`
   * tells, which does not see what it imports.
   */
  readonly version?: string;
  /** How its pipeline is submitted. */
  readonly options?: Omit<SubmitOptions, "from">;
  /**
   * Declares the pipeline. Where the job runs in several processes, each of them calls it, so that everything it uses
   * must come with the parameters or be the same everywhere. What it answers is of no importance.
   */
  build(env: Environment<Name>, params: P): MaybePromise<unknown>;
}

/**
 * Makes a job that leaves its process as a name and parameters, never as code.
 *
 * ```ts
 * export default defineJob({
 *   name: "word-count",
 *   params: z.strictObject({ text: z.string() }),
 *   build: (env, { text }) => {
 *     env.fromBatch(text.split(" ")).keyBy((word) => word).reduce((n) => n + 1, { initial: () => 0 }).print();
 *   },
 * });
 * ```
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function defineJob<P, const Name extends string>(module: JobModule<P, Name>): JobModule<P, Name> {
  const { name, params, build } = module;
  const refuse = (path: string, value: unknown, expected: string): never => {
    throw new SageError("INVALID_OPTION", { path, problem: `is ${describeValue(value)}`, expected });
  };
  if (typeof name !== "string" || !namePattern.test(name)) refuse("name", name, nameRemedy);
  if (typeof params?.["~standard"]?.validate !== "function")
    refuse("params", params, "a schema, such as one of zod");
  if (typeof build !== "function") refuse("build", build, "a function (env, params)");
  return module;
}
