import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { JobClient, JobManagerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { SeededRandom } from "@sage-kernel/core/spi";
import { realMachine, systemClock } from "@sage-kernel/testkit";
import { expect, test } from "vitest";
import { countingJob } from "../test-support/counting-job.mjs";
import { WsHub } from "./node/ws-hub.ts";

const program = fileURLToPath(new URL("../test-support/counting-worker.mjs", import.meta.url));
const leaseMs = 1000;

test.each(process.env.SAGE_DEEP === "1" ? [1, 2, 3, 4, 5] : [1])(
  "a job counts each record once while its workers are killed, stopped and sent away (seed %i)",
  async (seed) => {
    const random = new SeededRandom(seed);
    const hub = await WsHub.listen({
      leaseMs,
      heartbeatMs: 300,
      sessionTtlMs: 5000,
      maxConnectionsPerAddress: 100,
    });
    const runtime = await createRuntime({ adapters: [realMachine(), hub.adapter], queueKind: "ws" });
    const channel = hub.channel();
    const manager = await JobManagerHost.open({ channel, runtime, jobs: [countingJob], leaseMs });
    const workers = new Map<string, ChildProcess>();
    let started = 0;
    const start = (): void => {
      const name = `worker-${++started}`;
      const child = spawn(process.execPath, [program, hub.url, name], {
        stdio: ["pipe", "ignore", "inherit"],
      });
      workers.set(name, child);
    };
    const there = async (): Promise<void> => {
      for (let looks = 0; manager.workers.length < 3; looks++) {
        if (looks > 1000) throw new Error(`only ${manager.workers.length} workers are there`);
        await systemClock.sleep(20);
      }
    };
    const lost = async (name: string): Promise<void> => {
      for (let looks = 0; manager.workers.includes(name); looks++) {
        if (looks > 1000) throw new Error(`${name} is still taken for alive`);
        await systemClock.sleep(20);
      }
    };
    for (let n = 0; n < 3; n++) start();
    await there();
    const client = await JobClient.connect({ channel: hub.channel(), host: runtime.host });
    const [records, keys] = [8000, 40];
    const { job } = await client.submit({ name: "counting", params: { records, keys, perSecond: 1000 } });
    const read = async (count: number): Promise<void> => {
      for (let looks = 0; (await client.status(job)).ledger.read < count; looks++) {
        if (looks > 2000) throw new Error(`nothing is read beyond ${(await client.status(job)).ledger.read}`);
        await systemClock.sleep(20);
      }
    };
    for (const [part, signal] of (["SIGKILL", "SIGTERM", "SIGSTOP", "SIGKILL"] as const).entries()) {
      await read(1000 + part * 1500);
      const [name, child] = [...workers][random.integer(workers.size)] as [string, ChildProcess];
      workers.delete(name);
      child.kill(signal);
      start();
      if (signal === "SIGSTOP") {
        await lost(name);
        child.kill("SIGKILL"); // it has never come back
      } else if (signal === "SIGTERM") expect(await once(child, "exit")).toEqual([0, null]);
      await there();
    }
    const summary = await client.wait(job, { timeoutMs: 60_000 });
    expect(summary).toMatchObject({ state: "completed", ledger: { balanced: true, read: records } });
    const { entries } = await client.collected(job, { step: "counts", limit: 1000 });
    const counts = entries.map(({ record }) => record as number[]).sort(([a = 0], [b = 0]) => a - b);
    const each = records / keys;
    expect(counts).toEqual(
      Array.from({ length: keys }, (_, key) => [key, each, each * key + (keys * each * (each - 1)) / 2]),
    );
    await client.close();
    await manager.close();
    await runtime.close();
    await channel.close();
    for (const child of workers.values()) child.kill("SIGKILL");
    await hub.close();
  },
  60_000,
);
