import { hasCode } from "../errors/sage-error.ts";

/** Whether a put has failed for one of its messages, which is no data or too large, and nothing of it was sent. */
export function isOfOneMessage(error: unknown): boolean {
  if (hasCode(error, "NOT_SERIALIZABLE")) return true;
  return hasCode(error, "INVALID_OPTION") && error.details.path === "payload";
}
