import { createRuntime } from "@sage-kernel/core/di";
import { QueueDescriptor } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";

let lab: WsLab;
let mayConnect: boolean;

beforeEach(async () => {
  mayConnect = true;
  lab = await WsLab.start({
    authenticate: () => (mayConnect ? { id: "one", roles: ["worker", "manage"] } : undefined),
    maxConnectionsPerPrincipal: 100,
  });
});

afterEach(() => lab.stop());

/** From now on the hub takes nobody, and whoever was connected finds that out. */
function refuseAll(): void {
  mayConnect = false;
  lab.proxy.reset();
}

describe("a process that its hub takes no longer", () => {
  test("hears that its store, its queues and what it has under way are gone", async () => {
    const client = lab.client({ maxPauseMs: 10 });
    const { driver, stores } = lab.process(client);
    const queue = await driver.open(new QueueDescriptor({ kind: "ws", id: "q", capacity: 10 }));
    const store = stores.create("job");
    await store.begin?.({} as never);
    const told: string[] = [];
    store.onLoss?.(({ code }) => told.push(code));
    const taking = Promise.resolve(queue.take(1));
    const taken = expect(taking).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });

    refuseAll();
    await taken;
    expect(told).toEqual(["STORE_ROLLED_BACK"]);
    const unavailable = { cause: { code: "HUB_REFUSED" } };
    await expect(queue.size()).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE", ...unavailable });
    await expect(async () => store.progress("t#0")).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      ...unavailable,
    });
  });

  test("ends its jobs, which wait for it no longer", async () => {
    const runtime = await createRuntime({
      adapters: [realMachine(), lab.adapter({ maxPauseMs: 10 })],
      queueKind: "ws",
      stateStore: "ws",
    });
    const env = runtime.environment("p");
    let goOn: (() => void) | undefined;
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    env
      .fromBatch(numbers)
      .map((n) => (n === 50 ? new Promise<number>((resolve) => (goOn = () => resolve(n))) : n))
      .collect();
    const job = await env.submit();
    const failed = expect(job.done).rejects.toMatchObject({ code: expect.any(String) });
    await expect.poll(() => goOn).toBeDefined();

    refuseAll();
    goOn?.();
    await failed;
    await runtime.close();
  });
});
