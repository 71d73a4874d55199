import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";

const contender = contendersIn(import.meta.url, "rate");

/** Four asynchronous steps, one record at a time in each. */
export const asyncRow: Row = {
  id: "async",
  title: "{id, value} through map, filter half, map, sink; every function async, resolving at once",
  unit: "records/s",
  contenders: [
    contender(OURS, 2_000_000),
    contender("effect", 500_000, ["effect"]),
    contender("rxjs", 200_000, ["rxjs"]),
    contender("node-transform", 1_000_000),
    contender("async-generators", 1_000_000),
    contender("await-loop", 5_000_000),
  ],
  targets: [
    { vs: "await-loop", atLeast: 0.6 },
    { vs: "node-transform", atLeast: 2 },
  ],
};
