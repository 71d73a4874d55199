import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Clock } from "@sage-kernel/core/spi";
import type { HubClient } from "../src/client/hub-client.ts";
import { RemoteQueueDriver } from "../src/client/remote-queue-driver.ts";
import { WsProcess } from "../src/client/ws-process.ts";
import type { WsStateStores } from "../src/client/ws-state-store.ts";
import { type ClientOptions, clientSchema, type HubOptions } from "../src/node/hub-options.ts";
import { nodeClock } from "../src/node/node-host.ts";
import { openClient, registerWs, wsStores } from "../src/node/ws.ts";
import { type HubParts, WsHub } from "../src/node/ws-hub.ts";
import { FaultyProxy } from "./faulty-proxy.ts";

/** A hub, a way to it that can be disturbed, and clients as if in processes of their own. */
export class WsLab {
  readonly hub: WsHub;
  readonly proxy: FaultyProxy;
  readonly #clients: HubClient[] = [];

  private constructor(hub: WsHub, proxy: FaultyProxy) {
    this.hub = hub;
    this.proxy = proxy;
  }

  static async start(options: HubOptions = {}, parts: HubParts = {}): Promise<WsLab> {
    const many = { maxConnectionsPerAddress: 1000 };
    const hub = await WsHub.listen({ ...many, ...options }, parts);
    return new WsLab(hub, await FaultyProxy.listen(Number(new URL(hub.url).port)));
  }

  /** A client of its own. */
  client(options: Partial<ClientOptions> = {}): HubClient {
    const client = openClient(clientSchema.parse({ url: this.proxy.url, ...options }));
    this.#clients.push(client);
    return client;
  }

  /** A driver with a client of its own, or with this one. */
  driver(client: HubClient = this.client(), clock: Pick<Clock, "monotonic"> = nodeClock): RemoteQueueDriver {
    const records = new BatchCodec();
    return new RemoteQueueDriver(client, records, new CallCodec(clock, records));
  }

  /** Resolves when nothing is on its way between the hub and its clients. */
  async quiet(): Promise<void> {
    for (let quiet = 0; quiet < 4; ) {
      await new Promise((resolve) => setImmediate(resolve));
      let [sent, received] = [0, 0];
      for (const { session } of this.#clients) {
        sent += session.endpoint.sent;
        received += session.endpoint.received;
      }
      const { frames } = this.hub;
      quiet = frames.sent === received && frames.received === sent ? quiet + 1 : 0;
    }
  }

  /** What a process of its own has: queues and stores that know each other. */
  process(client: HubClient = this.client()): {
    readonly driver: RemoteQueueDriver;
    readonly stores: WsStateStores;
  } {
    const process = new WsProcess();
    const records = new BatchCodec();
    const driver = new RemoteQueueDriver(client, records, new CallCodec(nodeClock, records), process);
    return { driver, stores: wsStores(client, process) };
  }

  /** An adapter for runtimes of which each has a client of its own. */
  adapter(): Adapter {
    return {
      name: "ws",
      register: (container) => {
        let client: HubClient | undefined;
        registerWs(container, () => {
          client ??= this.client();
          return client;
        });
        const close = async (): Promise<void> => {
          await client?.close();
          this.#clients.splice(0, this.#clients.length, ...this.#clients.filter((other) => other !== client));
        };
        container.register(tokens.resource, { useValue: { close } });
      },
    };
  }

  /** @throws Error where something is left at the hub. */
  checkEmpty(): void {
    const { queues, jobs } = this.hub.kept;
    if (queues.length + jobs.length > 0) throw new Error(`the hub keeps ${[...queues, ...jobs].join(", ")}`);
  }

  async stop(): Promise<void> {
    this.proxy.heal();
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.hub.close();
    await this.proxy.close();
  }
}
