import type { ErrorCode } from "../errors/catalog.ts";
import { hasCode } from "../errors/sage-error.ts";

const staleCodes: readonly ErrorCode[] = [
  "COMMIT_MISMATCH",
  "INPUT_VANISHED",
  "STORE_ROLLED_BACK",
  "WORKER_LOST",
];

/** Whether an incarnation knows less than the store, or its worker is gone, which is nobody's failure. */
export function isStale(error: unknown): boolean {
  return staleCodes.some((code) => hasCode(error, code));
}
