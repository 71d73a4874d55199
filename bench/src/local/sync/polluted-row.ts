import type { Row } from "../../harness/row.ts";
import { syncContenders } from "./contenders.ts";

/** The `sync` row after five other sets of functions and record shapes went through the same contender. */
export const syncPollutedRow: Row = {
  id: "sync-polluted",
  title: "the same after five other function and record-shape sets in the same process",
  unit: "records/s",
  contenders: syncContenders("polluted"),
  targets: [{ vs: "node-transform", atLeast: 4 }],
};
