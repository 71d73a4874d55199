import type { Suite } from "../harness/row.ts";
import { redisCallRows } from "./calls/rows.ts";
import { hopRow } from "./hop/row.ts";
import { workersRow } from "./workers/row.ts";

/** Queues and calls through Redis; each case starts a server of its own. */
export const redisSuite: Suite = { part: "redis", rows: [hopRow, ...redisCallRows, workersRow] };
