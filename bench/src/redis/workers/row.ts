import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";

const contender = contendersIn(import.meta.url, "rate");
const packages = ["@sage-kernel/core", "@sage-kernel/adapter-local", "@sage-kernel/adapter-redis"];

/** What it costs to be elsewhere, and what more processes bring. */
export const workersRow: Row = {
  id: "workers-keyed",
  title: "{id, value} through map, keyBy one of 500, a count per key on 4 instances: ours is three workers",
  unit: "records/s",
  contenders: [
    contender(OURS, 1_000_000, packages),
    contender("two-workers", 1_000_000, packages),
    contender("one-worker", 1_000_000, packages),
    contender("one-process-redis", 1_000_000, packages),
    contender("one-process", 1_000_000, packages),
  ],
  targets: [],
};
