import * as z from "zod";
import { SageError } from "../errors/sage-error.ts";
import { parseOptions } from "../host/parse-options.ts";
import { checkedJson, pathOf } from "../packet/json-copy.ts";
import type { JobControl } from "./job-control.ts";

/** Longest submission key, in characters. */
const longestKey = 200;

const job = z.string();
const after = z.string().optional();
const limit = z.int(`expected an integer of 1 to 1000`).min(1).max(1000).optional();
const timeoutMs = z.number().min(0, "expected 0 or more, in ms").optional();
const state = z.enum(["created", "running", "paused", "draining", "completed", "failed", "cancelled"]);
const submissionKey = z
  .string()
  .min(1, "expected 1 to 200 characters")
  .max(longestKey, "expected 1 to 200 characters")
  .optional();

/** The arguments of each operation of {@link JobControl}, by name. */
const operations = {
  submit: z.strictObject({ name: z.string(), params: z.unknown().optional(), submissionKey }),
  status: z.strictObject({ job }),
  list: z.strictObject({ after, limit, state: state.optional() }),
  tasks: z.strictObject({ job, after, limit }),
  metrics: z.strictObject({ job, after, limit }),
  logs: z.strictObject({ job, after, limit }),
  collected: z.strictObject({ job, step: z.string(), after, limit }),
  pause: z.strictObject({ job, timeoutMs }),
  resume: z.strictObject({ job }),
  stop: z.strictObject({ job, drain: z.boolean().optional(), timeoutMs }),
  wait: z.strictObject({ job, timeoutMs }),
  forget: z.strictObject({ job }),
} satisfies Record<keyof JobControl, z.ZodType>;

/** What can be asked of a {@link JobControl}. */
export type ControlOperation = keyof typeof operations;

/** Their names. */
export const controlOperations = Object.keys(operations) as ControlOperation[];

/** The arguments of an operation. */
export type ControlArguments<Op extends ControlOperation> = z.output<(typeof operations)[Op]>;

/**
 * Checks the arguments of an operation, here and at the other end of a channel alike.
 *
 * @throws SageError `INVALID_OPTION` with the path of what is wrong; `JOB_PARAMS_INVALID` for parameters that are no JSON.
 */
export function checkArguments<Op extends ControlOperation>(op: Op, args: object): ControlArguments<Op> {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const checked = parseOptions(operations[op], Object.fromEntries(given)) as ControlArguments<Op>;
  if (op !== "submit") return checked;
  const { name, params } = checked as ControlArguments<"submit">;
  const refuse = (keys: readonly (string | number)[]): SageError => {
    const problems = [`params${pathOf(keys)}: is no JSON`]; // what it is instead is told to nobody
    return new SageError("JOB_PARAMS_INVALID", { name, problems });
  };
  return { ...checked, params: checkedJson(params, refuse) };
}
