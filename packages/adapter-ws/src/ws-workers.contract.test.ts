import { createRuntime } from "@sage-kernel/core/di";
import { realMachine, systemClock, workersContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterEach, beforeEach, expect } from "vitest";
import { FaultyProxy } from "../test-support/faulty-proxy.ts";
import { ws, wsJobChannel } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

let hub: WsHub;

beforeEach(async () => {
  hub = await WsHub.listen({
    ...{ leaseMs: 1000, maxConnectionsPerAddress: 100 },
  });
});

afterEach(async () => {
  expect([...hub.faults]).toEqual([]);
  await hub.close();
});

describeContract(workersContract, {
  open: () => ({
    async process() {
      const proxy = await FaultyProxy.listen(Number(new URL(hub.url).port));
      const options = { url: proxy.url, maxPauseMs: 200 };
      return {
        runtime: await createRuntime({ adapters: [realMachine(), ws(options)], queueKind: "ws" }),
        channel: wsJobChannel(options),
        kill: () => proxy.cut(),
        revive: () => proxy.heal(),
        close: () => proxy.close(),
      };
    },
    leaseMs: 1000,
    sleep: (ms) => systemClock.sleep(ms),
    run: (main) => main(),
  }),
});
