import {
  type AnyJobModule,
  type JobChannel,
  JobClient,
  JobManagerHost,
  type Runtime,
  WorkerHost,
} from "@sage-kernel/core";
import type { MaybePromise } from "@sage-kernel/core/spi";

/** What one process of a cluster has: its own runtime, and its own way to the others. */
export interface ClusterProcess {
  readonly runtime: Runtime;
  readonly channel: JobChannel;
  /** Cuts it off from everybody else; it does not notice. */
  kill(): MaybePromise<void>;
  /** Lets it come back. */
  revive(): MaybePromise<void>;
  /** Behind the end of the runtime and the channel. */
  close?(): MaybePromise<void>;
}

/** How a cluster is set up. */
export interface ClusterSettings {
  /** Opens a process. */
  readonly process: (name: string) => MaybePromise<ClusterProcess>;
  readonly jobs: readonly AnyJobModule[];
  readonly leaseMs: number;
  readonly placementTimeoutMs?: number;
}

/** What a worker is started with. */
export interface ClusterWorkerOptions {
  readonly slots?: number;
  readonly labels?: readonly string[];
  /** Left out: those of the cluster. */
  readonly jobs?: readonly AnyJobModule[];
}

/** A process, and what it is for. */
interface Member {
  readonly process: ClusterProcess;
  readonly end: { close(): Promise<void> };
}

/** Managers, workers and clients, each as if in a process of its own. */
export class WorkerCluster {
  readonly #settings: ClusterSettings;
  /** Whether one was ever cut off. */
  killed = false;
  readonly #members = new Map<string, Member>();

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
  }

  /** Starts a manager, as soon as no other one leads. */
  async manager(name = "manager"): Promise<JobManagerHost> {
    const { process, jobs, leaseMs, placementTimeoutMs } = this.#settings;
    const opened = await process(name);
    const manager = await JobManagerHost.open({ ...opened, jobs, leaseMs, placementTimeoutMs });
    this.#members.set(name, { process: opened, end: manager });
    return manager;
  }

  /** Starts a worker. */
  async worker(name: string, options: ClusterWorkerOptions = {}): Promise<WorkerHost> {
    const { process, jobs, leaseMs } = this.#settings;
    const opened = await process(name);
    const beatMs = Math.max(10, Math.floor(leaseMs / 5));
    const worker = await WorkerHost.open({ ...opened, jobs, name, beatMs, ...options });
    this.#members.set(name, { process: opened, end: worker });
    return worker;
  }

  /** Connects a client. */
  async client(): Promise<JobClient> {
    const opened = await this.#settings.process("client");
    const { channel, runtime } = opened;
    const client = await JobClient.connect({
      channel,
      host: runtime.host,
      name: "client",
      timeoutMs: 60_000,
    });
    this.#members.set("client", { process: opened, end: client });
    return client;
  }

  /** The runtime of one. */
  runtimeOf(name: string): Runtime {
    return this.#member(name).process.runtime;
  }

  /** Cuts one off from everybody else. */
  async kill(name: string): Promise<void> {
    this.killed = true;
    await this.#member(name).process.kill();
  }

  /** Lets one that was cut off come back. */
  async revive(name: string): Promise<void> {
    await this.#member(name).process.revive();
  }

  /** Closes one in its way. */
  async closeOne(name: string): Promise<void> {
    const { process, end } = this.#member(name);
    this.#members.delete(name);
    await process.revive();
    await end.close();
    await process.runtime.close();
    await process.channel.close();
    await process.close?.();
  }

  /** Closes all, those first that were started last. */
  async close(): Promise<void> {
    for (const name of [...this.#members.keys()].reverse()) await this.closeOne(name);
  }

  #member(name: string): Member {
    return this.#members.get(name) as Member;
  }
}
