import type { BenchCase } from "../../harness/bench-case.ts";
import { type Callee, callCases, type Method } from "../../services/calls/call-cases.ts";
import { startServer } from "../bench-server.ts";

/** A contender's cases: one caller, and 64. */
export interface RedisCallCases {
  readonly one: BenchCase;
  readonly many: BenchCase;
}

/** Makes the cases of a contender over a server of its own, at this Unix socket. */
export function redisCallCases(open: (path: string, method: Method) => Promise<Callee>): RedisCallCases {
  const { sync1, sync64 } = callCases(async (method) => {
    const server = await startServer();
    const callee = await open(server.path, method);
    return {
      call: (n) => callee.call(n),
      close: async () => {
        await callee.close?.();
        await server.stop();
      },
    };
  });
  return { one: sync1, many: sync64 };
}
