import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchCase } from "../../harness/bench-case.ts";
import { type Callee, callCases } from "../../services/calls/call-cases.ts";

const server = fileURLToPath(new URL("./server.js", import.meta.url));

/** A contender's cases: one caller, and 64. */
export interface WsCallCases {
  readonly one: BenchCase;
  readonly many: BenchCase;
}

/** Starts the other process with the contender's `serve`; answers what that has answered, and the process. */
export async function startServer(module: string, address = ""): Promise<[at: string, child: ChildProcess]> {
  const child = fork(server, [module, address]);
  const [at] = (await once(child, "message")) as [string];
  return [at, child];
}

/** Makes the cases of a contender: `open` starts the other process, and connects. */
export function wsCallCases(open: () => Promise<Callee & { readonly child: ChildProcess }>): WsCallCases {
  const { sync1, sync64 } = callCases(async () => {
    const { child, ...callee } = await open();
    return {
      call: (n) => callee.call(n),
      close: async () => {
        await callee.close?.();
        child.disconnect();
        await once(child, "exit");
      },
    };
  });
  return { one: sync1, many: sync64 };
}
