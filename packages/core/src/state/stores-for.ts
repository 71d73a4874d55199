import { SageError } from "../errors/sage-error.ts";
import { memoryStateStores } from "./memory-state-store.ts";
import type { StateStoreFactory } from "./state-store.port.ts";

/**
 * The stores of this kind, or else the last that were registered and whose units of work move queues of the runtime's kind, or move
 * none. Where there are none of these, those in memory.
 *
 * @throws SageError `INVALID_OPTION` for a kind that there is not.
 */
export function storesFor(
  registered: readonly StateStoreFactory[],
  queueKind: string,
  wanted: string | undefined,
): StateStoreFactory {
  const stores = [memoryStateStores, ...registered];
  const found =
    wanted === undefined
      ? (registered.findLast(({ queues = queueKind }) => queues === queueKind) ?? memoryStateStores)
      : stores.findLast(({ kind }) => kind === wanted);
  if (found !== undefined) return found;
  const known = new Set(stores.map(({ kind }) => `"${kind}"`));
  const expected = `one of ${[...known].join(", ")}, or an adapter that has it`;
  throw new SageError("INVALID_OPTION", { path: "stateStore", problem: `is "${wanted}"`, expected });
}
