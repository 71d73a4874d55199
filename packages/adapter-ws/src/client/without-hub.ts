import { hasCode, type SageError } from "@sage-kernel/core";

/** Whether that is why something was not answered: the hub cannot be reached, or takes no connection from here. */
export function isWithoutHub(error: unknown): error is SageError<"HUB_UNAVAILABLE" | "HUB_REFUSED"> {
  return hasCode(error, "HUB_UNAVAILABLE") || hasCode(error, "HUB_REFUSED");
}
