import { BatchCodec, CallCodec, type RecordFormat } from "@sage-kernel/codec";
import type { Adapter } from "@sage-kernel/core/di";
import type { Clock } from "@sage-kernel/core/spi";
import type { HubClient } from "../src/client/hub-client.ts";
import { RemoteQueueDriver } from "../src/client/remote-queue-driver.ts";
import { WsProcess } from "../src/client/ws-process.ts";
import type { WsStateStores } from "../src/client/ws-state-store.ts";
import type { ClientOptions, HubOptions } from "../src/node/hub-options.ts";
import { nodeClock } from "../src/node/node-host.ts";
import { wsStores } from "../src/node/ws.ts";
import { type HubParts, WsHub } from "../src/node/ws-hub.ts";
import { FaultyProxy } from "./faulty-proxy.ts";
import { LabClients, quietBetween, turns } from "./lab-clients.ts";

/** A hub, a way to it that can be disturbed, and clients as if in processes of their own. */
export class WsLab {
  readonly hub: WsHub;
  readonly proxy: FaultyProxy;
  readonly #clients = new LabClients(() => this.proxy.url);

  private constructor(hub: WsHub, proxy: FaultyProxy) {
    this.hub = hub;
    this.proxy = proxy;
  }

  static async start(options: HubOptions = {}, parts: HubParts = {}): Promise<WsLab> {
    const many = { maxConnectionsPerAddress: 1000 };
    const hub = await WsHub.listen({ ...many, ...options }, parts);
    return new WsLab(hub, await FaultyProxy.listen(Number(new URL(hub.url).port)));
  }

  /** Clients that were not closed. */
  get clients(): readonly HubClient[] {
    return this.#clients.all;
  }

  /** A client of its own. */
  client(options: Partial<ClientOptions> = {}): HubClient {
    return this.#clients.open(options);
  }

  /** A driver with a client of its own, or with this one. */
  driver(client: HubClient = this.client(), clock: Pick<Clock, "monotonic"> = nodeClock): RemoteQueueDriver {
    const records = new BatchCodec();
    return new RemoteQueueDriver(client, records, new CallCodec(clock, records));
  }

  /** Resolves when nothing is on its way between the hub and its clients. */
  quiet(): Promise<void> {
    return quietBetween(this.#clients, async () => {
      await turns();
      return this.hub.frames;
    });
  }

  /** What a process of its own has: queues and stores that know each other. */
  process(
    client: HubClient = this.client(),
    format?: RecordFormat,
  ): {
    readonly driver: RemoteQueueDriver;
    readonly stores: WsStateStores;
  } {
    const process = new WsProcess();
    const records = new BatchCodec(format);
    const driver = new RemoteQueueDriver(client, records, new CallCodec(nodeClock, records), process);
    return { driver, stores: wsStores(client, process, format) };
  }

  /** An adapter for runtimes of which each has a client of its own, with such options. */
  adapter(options: Partial<ClientOptions> = {}): Adapter {
    return this.#clients.adapter(options);
  }

  async stop(): Promise<void> {
    this.proxy.heal();
    await this.#clients.close();
    await this.hub.close();
    await this.proxy.close();
  }
}
