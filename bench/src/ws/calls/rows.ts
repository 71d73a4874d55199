import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row, type Target } from "../../harness/row.ts";
import type { WsCallCases } from "./ws-call-cases.ts";

/** Calls of a service in another process, one at a time and by 64 callers. */
export const wsCallRows: readonly Row[] = [
  row("ws-call-1", "one", "called when the call before it has been answered", 20_000, {
    vs: "raw-ws",
    atLeast: 0.85,
  }),
  row("ws-call-64", "many", "called by 64 callers, each one call at a time", 200_000, {
    vs: "moleculer",
    atLeast: 5,
  }),
];

function row(id: string, caseName: keyof WsCallCases, title: string, size: number, target: Target): Row {
  const contender = contendersIn(import.meta.url, caseName);
  return {
    id,
    title: `a synchronous method of a service in another process, ${title}`,
    unit: "calls/s",
    contenders: [
      contender(OURS, size, ["@sage-kernel/core", "@sage-kernel/adapter-ws"]),
      contender("raw-ws", size, ["ws"]),
      contender("coalesced", size, ["ws"]),
      contender("moleculer", size, ["moleculer"]),
      contender("nest", size, ["@nestjs/microservices"]),
      contender("socket-io", size, ["socket.io"]),
    ],
    targets: [target],
  };
}
