import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";

const contender = contendersIn(import.meta.url, "hop");
const packages = ["@sage-kernel/core", "@sage-kernel/adapter-local", "@sage-kernel/adapter-redis"];

/** One queue hop through Redis, from one process to itself. */
export const hopRow: Row = {
  id: "redis-hop",
  title: "records of about 63 bytes through one queue in Redis (appendfsync everysec), end to end",
  unit: "records/s",
  contenders: [
    contender(OURS, 500_000, packages),
    contender("packed-loop", 500_000, ["ioredis"]),
    contender("entry-a-record", 50_000, ["ioredis"]),
    contender("bullmq", 10_000, ["bullmq"]),
  ],
  targets: [
    { vs: "packed-loop", atLeast: 0.6 },
    { vs: "bullmq", atLeast: 30 },
  ],
};
