import type { Contract } from "../contract/contract.ts";
import { storeCommitCases } from "./store-commit-cases.ts";
import { storeDeliveryCases } from "./store-delivery-cases.ts";
import { storeHandoverCases } from "./store-handover-cases.ts";
import { storeLifeCases } from "./store-life-cases.ts";
import { storeRandomCases } from "./store-random-cases.ts";
import { storeRefusalCases } from "./store-refusal-cases.ts";
import { storeReplayCases } from "./store-replay-cases.ts";
import { storeStateCases } from "./store-state-cases.ts";
import type { StateStoreSubject } from "./store-subject.ts";
import { storeTableCases } from "./store-table-cases.ts";

/**
 * The promises of the `StateStore` port and of the commits that it opens.
 *
 * Ids follow the list of promises of a state store, K-01 to K-15. Those that are not here belong elsewhere:
 *
 * - K-02 within a commit: a crash at each of its steps, and the rollback of a store, are for the adapter whose store can
 *   be stopped and set back.
 * - K-03, versions: a task writes alone, and its sequence is the version: K-04, K-06, K-48 and K-49 stand for it.
 * - K-08, ranges of key groups: what another job takes over is spread by core, over contents of whole tasks.
 * - K-10, time to live: cells that expire are the task's own business, tested with `TtlSweep`; a store keeps them.
 * - K-12, an unavailable store: for the adapter with a server that can be taken away.
 * - K-13, versions of values, and K-15, corrupt bytes: for the adapter that encodes cells.
 * - K-14, the largest value: the same, as the port states no limit.
 */
export const stateStoreContract: Contract<StateStoreSubject> = {
  name: "StateStore",
  cases: [
    ...storeLifeCases,
    ...storeStateCases,
    ...storeTableCases,
    ...storeCommitCases,
    ...storeRefusalCases,
    ...storeReplayCases,
    ...storeDeliveryCases,
    ...storeHandoverCases,
    ...storeRandomCases,
  ],
};
