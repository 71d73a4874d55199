import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";

const contender = contendersIn(import.meta.url, "rate");

/** What a single record costs where there is nothing to batch. */
export const oneInFlightRow: Row = {
  id: "one-in-flight",
  title: "map, filter, map, sink; a record is fed when the one before it has reached the sink",
  unit: "round trips/s",
  contenders: [
    contender(OURS, 500_000),
    contender("effect", 500_000, ["effect"]),
    contender("node-transform", 2_000_000),
    contender("async-generators", 500_000),
  ],
  targets: [{ vs: "node-transform", atLeast: 0.5 }],
};
