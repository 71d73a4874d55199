import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";

const contender = contendersIn(import.meta.url, "rate");

/** Keys, and state per key on several instances. */
export const keyedRow: Row = {
  id: "keyed",
  title: "{id, value} through map, keyBy one of 500 numbers, a count per key on 4 instances, sink",
  unit: "records/s",
  contenders: [
    contender(OURS, 5_000_000),
    contender("effect", 5_000_000, ["effect"]),
    contender("rxjs", 5_000_000, ["rxjs"]),
    contender("node-transform", 1_000_000),
    contender("async-generators", 1_000_000),
    contender("plain-loop", 10_000_000),
  ],
  targets: [
    { vs: "effect", atLeast: 1.5 },
    { vs: "plain-loop", atLeast: 0.3 },
  ],
};
