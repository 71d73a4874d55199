import type * as z from "zod";
import { describeValue, SageError } from "../errors/sage-error.ts";

/**
 * Checks options against a schema.
 *
 * @throws SageError `INVALID_OPTION` with the path of the first problem.
 */
export function parseOptions<S extends z.ZodType>(schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === "unrecognized_keys") {
    const path = [...issue.path, issue.keys[0]].join(".");
    throw new SageError("INVALID_OPTION", {
      path,
      problem: "is unknown",
      expected: "only documented options",
    });
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)?.[key],
    options,
  );
  throw new SageError("INVALID_OPTION", {
    path: issue.path.join(".") || "options",
    problem: `is ${describeValue(given)}`,
    expected: issue.message.replace(/^.*?expected /, ""),
  });
}
