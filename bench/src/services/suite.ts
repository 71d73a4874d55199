import type { Suite } from "../harness/row.ts";
import { callRows } from "./calls/rows.ts";

/** Calls of services that run in the caller's own process. */
export const servicesSuite: Suite = { part: "services", rows: callRows };
