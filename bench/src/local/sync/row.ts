import type { Row } from "../../harness/row.ts";
import { syncContenders } from "./contenders.ts";

/** Four synchronous steps, one set of functions in the process. */
export const syncRow: Row = {
  id: "sync",
  title: "{id, value} through map, filter half, map, sink; every function synchronous",
  unit: "records/s",
  contenders: syncContenders("clean"),
  targets: [
    { vs: "effect", atLeast: 1 },
    { vs: "rxjs", atLeast: 1.3 },
    { vs: "node-transform", atLeast: 5 },
    { vs: "escaping-loop", atLeast: 0.4 },
  ],
};
