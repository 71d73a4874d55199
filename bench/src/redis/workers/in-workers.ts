import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { local } from "@sage-kernel/adapter-local";
import { redis, redisJobChannel } from "@sage-kernel/adapter-redis";
import { JobClient, JobManagerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import type { BenchCase } from "../../harness/bench-case.ts";
import { startServer } from "../bench-server.ts";
import { keyedJob, verify } from "./keyed-job.ts";

const program = fileURLToPath(new URL("./worker.js", import.meta.url));

/** Measures the keyed pipeline in so many worker processes, from its submission to its end; the manager is in this one. */
export function inWorkers(count: number): BenchCase {
  return async ({ size }) => {
    const server = await startServer();
    const { path } = server;
    const runtime = await createRuntime({
      adapters: [local({ log: { level: "error" } }), redis({ ioredis: { path } })],
      queueKind: "redis",
    });
    const channel = redisJobChannel({ ioredis: { path } });
    const manager = await JobManagerHost.open({ channel, runtime, jobs: [keyedJob] });
    const workers = Array.from({ length: count }, (_, i) =>
      spawn(process.execPath, [program, path, `worker-${i}`], { stdio: ["pipe", "ignore", "inherit"] }),
    );
    while (manager.workers.length < count) await new Promise((again) => setTimeout(again, 10));
    const client = await JobClient.connect({ channel, host: runtime.host });
    const run = async (records: number): Promise<number> => {
      const begun = performance.now();
      const { job } = await client.submit({ name: "keyed", params: { records } });
      const { state } = await client.wait(job, { timeoutMs: 120_000 });
      const took = performance.now() - begun;
      if (state !== "completed") throw new Error(`the job is ${state}`);
      const { entries } = await client.collected(job, { step: "counts", limit: 1000 });
      verify(entries.map(({ record }) => record) as never, records);
      return took;
    };
    try {
      await run(Math.min(size, 100_000));
      return { value: (size / (await run(size))) * 1000 };
    } finally {
      await client.close();
      await manager.close();
      await runtime.close();
      await channel.close();
      for (const worker of workers) worker.stdin.end();
      await Promise.all(workers.map((worker) => new Promise((ended) => worker.once("exit", ended))));
      await server.stop();
    }
  };
}
