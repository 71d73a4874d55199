import type { Suite } from "../harness/row.ts";
import { wsCallRows } from "./calls/rows.ts";
import { hopRow } from "./hop/row.ts";

/** Records and calls between two processes over WebSockets. */
export const wsSuite: Suite = { part: "ws", rows: [hopRow, ...wsCallRows] };
