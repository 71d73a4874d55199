import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { JobClient } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { redis } from "../src/redis.ts";
import { redisJobChannel } from "../src/redis-job-channel.ts";

const program = fileURLToPath(new URL("./cluster-process.mjs", import.meta.url));

/** A cluster of processes of their own, which can be killed. */
export class ProcessCluster {
  readonly #path: string;
  readonly #leaseMs: number;
  readonly #children = new Map<string, ChildProcess>();
  readonly #closing: (() => Promise<unknown>)[] = [];

  constructor(path: string, leaseMs: number) {
    this.#path = path;
    this.#leaseMs = leaseMs;
  }

  /** Starts one; settles when it is there. A manager that has to wait for another one is there when it leads. */
  async start(role: "manager" | "worker", name: string): Promise<void> {
    const args = [program, role, this.#path, name, String(this.#leaseMs)];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.set(name, child);
    const there = new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
    await Promise.race([there, once(child, "exit")]);
  }

  /** Sends a signal to one. */
  signal(name: string, signal: NodeJS.Signals): void {
    this.#children.get(name)?.kill(signal);
  }

  /** Ends one without a word. */
  async kill(name: string): Promise<void> {
    await this.#end(name, "SIGKILL");
  }

  /** Tells one to end; answers its exit code. */
  async terminate(name: string): Promise<number | null> {
    return this.#end(name, "SIGTERM");
  }

  async client(): Promise<JobClient> {
    const path = this.#path;
    const runtime = await createRuntime({
      adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path } })],
      queueKind: "redis",
    });
    const channel = redisJobChannel({ ioredis: { path }, leaseMs: this.#leaseMs });
    const { host } = runtime;
    const client = await JobClient.connect({ channel, host, name: "client", timeoutMs: 60_000 });
    this.#closing.push(async () => {
      await client.close();
      await runtime.close();
      await channel.close();
    });
    return client;
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
    await Promise.all([...this.#children.keys()].map((name) => this.#end(name, "SIGKILL")));
  }

  async #end(name: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#children.get(name);
    if (child === undefined) return null;
    this.#children.delete(name);
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
}
