import { createServer } from "node:net";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";
import { type RedisAdapterOptions, redis } from "./redis.ts";

const servers: RedisServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0).reverse()) await server.stop();
});

async function start(...options: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...options);
  servers.push(server);
  return server;
}

/** A port of this machine alone that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A primary, and a replica that has caught up with it. */
async function replicated() {
  const port = await freePort();
  const listen = ["--bind", "127.0.0.1", "--protected-mode", "no", "--repl-diskless-sync-delay", "0"];
  const primary = await start(...listen, "--port", `${port}`);
  const replica = await start("--replicaof", "127.0.0.1", `${port}`);
  while (!(await replica.command("INFO", "replication")).includes("master_link_status:up"))
    await new Promise((resolve) => setImmediate(resolve));
  return { primary, replica };
}

/** A job over a source that notes how far it was told that its records are done. */
async function jobOver(path: string, options: RedisAdapterOptions) {
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path }, ...options })],
    queueKind: "redis",
  });
  const acknowledged: number[] = [];
  const seen: number[] = [];
  class Numbers {
    poll(from = 0) {
      return { records: [from], position: from + 1, done: from === 9 };
    }
    acknowledge(position: number) {
      acknowledged.push(position);
    }
  }
  const env = runtime.environment("durable");
  env.fromReplayable(Numbers).sink((n) => void seen.push(n));
  const job = await env.submit();
  return { job, acknowledged, seen, close: () => runtime.close() };
}

describe("what leaves the system", () => {
  test("waits for the replicas that are asked for: acknowledgements, and the end of the job", async () => {
    const { primary, replica } = await replicated();
    const { job, acknowledged, seen, close } = await jobOver(primary.path, { durability: { replicas: 1 } });
    replica.signal("SIGSTOP");
    const before = acknowledged.length;
    while (seen.length < 10) await new Promise((resolve) => setImmediate(resolve));
    expect([job.status(), acknowledged.slice(before)]).toEqual(["running", []]);
    replica.signal("SIGCONT");

    expect((await job.done).state).toBe("completed");
    expect(acknowledged.at(-1)).toBe(10);
    await close();
    expect(await primary.command("KEYS", "*")).toBe("*0\r\n");
  });

  test("says what is missing where they do not come in time", async () => {
    const server = await start();
    const options = { durability: { replicas: 1 }, outageTimeoutMs: 300 };
    const submitted = jobOver(server.path, options).then(({ job }) => job.done);

    await expect(submitted).rejects.toMatchObject({
      message: expect.stringContaining("0 of 1 replicas have what was written"),
    });
  });

  test("is on the disk where that is asked for, by a server that fsyncs before it answers", async () => {
    const server = await start("--appendfsync", "always");
    const { job, acknowledged, close } = await jobOver(server.path, { durability: { fsync: true } });

    expect((await job.done).state).toBe("completed");
    expect(acknowledged.at(-1)).toBe(10);
    await close();
  });

  test("is refused from a server that cannot fsync in time, with what to change", async ({ skip }) => {
    const server = await start();
    const known = await server.command("COMMAND", "INFO", "WAITAOF");
    skip(known.includes("waitaof"), "this server knows WAITAOF, and can");
    const submitted = jobOver(server.path, { durability: { fsync: true } });

    await expect(submitted).rejects.toMatchObject({ message: expect.stringContaining("appendfsync always") });
  });
});
