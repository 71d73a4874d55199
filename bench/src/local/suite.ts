import type { Suite } from "../harness/row.ts";
import { asyncRow } from "./async/row.ts";
import { compileRow } from "./compile/row.ts";
import { eventLoopRow } from "./event-loop/row.ts";
import { heapRow } from "./heap/row.ts";
import { keyedRow } from "./keyed/row.ts";
import { keyedStateRow } from "./keyed-state/row.ts";
import { oneInFlightRow } from "./one-in-flight/row.ts";
import { startupRow } from "./startup/row.ts";
import { syncPollutedRow } from "./sync/polluted-row.ts";
import { syncRow } from "./sync/row.ts";

/** Everything that runs in one process, without a server. */
export const localSuite: Suite = {
  part: "local",
  rows: [
    syncRow,
    syncPollutedRow,
    asyncRow,
    keyedRow,
    keyedStateRow,
    oneInFlightRow,
    heapRow,
    startupRow,
    compileRow,
    eventLoopRow,
  ],
};
