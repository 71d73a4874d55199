import type * as z from "zod";
import { SageError } from "../errors/sage-error.ts";

/** A message as its schema makes it. @throws SageError `CONTROL_MESSAGE_INVALID` with the first problem. */
export function parsed(schema: z.ZodType, value: unknown): unknown {
  const { data, error } = schema.safeParse(value);
  const issue = error?.issues[0];
  if (issue === undefined) return data;
  const path = issue.path.join(".") || "message";
  throw new SageError("CONTROL_MESSAGE_INVALID", { path, problem: issue.message });
}
