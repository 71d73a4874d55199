import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type AnyJobModule, JobClient, JobManagerHost, WorkerHost } from "@sage-kernel/core";
import { type Adapter, createRuntime, tokens } from "@sage-kernel/core/di";
import { redis } from "../src/redis.ts";
import { redisJobChannel } from "../src/redis-job-channel.ts";
import { BreakingProxy } from "./breaking-proxy.ts";
import { plainMachine } from "./plain-machine.mjs";
import type { RedisServer } from "./redis-server.ts";

/** Ids that no other process has. */
const uniqueIds: Adapter = {
  name: "unique ids",
  register: (container) =>
    void container.register(tokens.ids, {
      useValue: { next: (prefix: string) => `${prefix}-${randomUUID()}` },
    }),
};

/** How a cluster goes by time. */
export interface ClusterSettings {
  readonly server: RedisServer;
  readonly jobs: readonly AnyJobModule[];
  readonly leaseMs?: number;
  readonly placementTimeoutMs?: number;
}

/** What a worker is started with. */
export interface WorkerSettings {
  readonly slots?: number;
  readonly labels?: readonly string[];
  readonly jobs?: readonly AnyJobModule[];
}

/** One that meets others in the channel, over a connection of its own. */
interface Member {
  readonly proxy: BreakingProxy;
  readonly close: () => Promise<unknown>;
}

/** Managers, workers and clients in this process, which meet at one server and share nothing else. */
export class Cluster {
  readonly #settings: ClusterSettings;
  readonly #members = new Map<string, Member>();
  #paths = 0;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
  }

  async manager(name = "manager", takeover: "wait" | "fence" = "wait"): Promise<JobManagerHost> {
    const { jobs, leaseMs = 1000, placementTimeoutMs } = this.#settings;
    const { proxy, channel, runtime } = await this.#member();
    const options = { channel, runtime, jobs, takeover, leaseMs, placementTimeoutMs };
    const manager = await JobManagerHost.open(options);
    this.#members.set(name, {
      proxy,
      close: async () => {
        await manager.close();
        await runtime.close();
        await channel.close();
      },
    });
    return manager;
  }

  async worker(name: string, more: WorkerSettings = {}): Promise<WorkerHost> {
    const { jobs, leaseMs = 1000 } = this.#settings;
    const { proxy, channel, runtime } = await this.#member();
    const worker = await WorkerHost.open({ channel, runtime, jobs, name, beatMs: leaseMs / 5, ...more });
    this.#members.set(name, {
      proxy,
      close: async () => {
        await worker.close();
        await runtime.close();
        await channel.close();
      },
    });
    return worker;
  }

  async client(): Promise<JobClient> {
    const { proxy, channel, runtime } = await this.#member();
    const client = await JobClient.connect({ channel, host: runtime.host });
    this.#members.set("client", {
      proxy,
      close: async () => {
        await client.close();
        await runtime.close();
        await channel.close();
      },
    });
    return client;
  }

  /** Cuts one off from everybody else, until the end. */
  async kill(name: string): Promise<void> {
    await this.#members.get(name)?.proxy.cut();
  }

  /** Lets one that was cut off come back. */
  heal(name: string): void {
    this.#members.get(name)?.proxy.heal();
  }

  /** Closes one in its way. */
  async closeOne(name: string): Promise<void> {
    const member = this.#members.get(name) as Member;
    this.#members.delete(name);
    member.proxy.heal();
    await member.close();
    await member.proxy.close();
  }

  /** Closes all, those last that were started first. */
  async close(): Promise<void> {
    for (const name of [...this.#members.keys()].reverse()) await this.closeOne(name);
  }

  async #member() {
    const { server, leaseMs = 1000 } = this.#settings;
    const path = join(server.folder, `m${this.#paths++}`);
    const proxy = await BreakingProxy.listen(path, server.path);
    const runtime = await createRuntime({
      adapters: [plainMachine(), uniqueIds, redis({ reportsKeptMs: 0, ioredis: { path } })],
      queueKind: "redis",
    });
    return { proxy, runtime, channel: redisJobChannel({ ioredis: { path }, leaseMs }) };
  }
}
