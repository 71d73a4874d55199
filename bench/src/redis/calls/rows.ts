import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row, type Target } from "../../harness/row.ts";
import type { RedisCallCases } from "./redis-call-cases.ts";

const packages = ["@sage-kernel/core", "@sage-kernel/adapter-local", "@sage-kernel/adapter-redis"];

/** Calls through Redis, one at a time and by 64 callers. */
export const redisCallRows: readonly Row[] = [
  row("redis-call-1", "one", "called when the call before it has been answered", [3000, 20_000, 5000], {
    vs: "lists",
    atLeast: 1 / 1.3,
  }),
  row("redis-call-64", "many", "called by 64 callers, each one call at a time", [20_000, 100_000, 20_000], {
    vs: "moleculer",
    atLeast: 3,
  }),
];

function row(
  id: string,
  caseName: keyof RedisCallCases,
  title: string,
  [ours, lists, moleculer]: readonly [number, number, number],
  target: Target,
): Row {
  const contender = contendersIn(import.meta.url, caseName);
  return {
    id,
    title: `a synchronous method of a service behind queues in Redis, ${title}`,
    unit: "calls/s",
    contenders: [
      contender(OURS, ours, packages),
      contender("lists", lists, ["ioredis"]),
      contender("moleculer", moleculer, ["moleculer"]),
    ],
    targets: [target],
  };
}
