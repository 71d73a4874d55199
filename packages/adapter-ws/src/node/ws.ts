import { BatchCodec, CallCodec, type RecordFormat, UnitCodec } from "@sage-kernel/codec";
import { type Adapter, type Container, parseOptions, tokens } from "@sage-kernel/core/di";
import type { Clock, JobChannel, QueueDriver, StateStoreFactory } from "@sage-kernel/core/spi";
import { checkWay } from "../client/clear-text.ts";
import { HubClient } from "../client/hub-client.ts";
import { RemoteQueueDriver } from "../client/remote-queue-driver.ts";
import { WsJobChannel } from "../client/ws-job-channel.ts";
import { WsProcess } from "../client/ws-process.ts";
import { WsStateStores } from "../client/ws-state-store.ts";
import { storeCodecs } from "../hub/store-codecs.ts";
import { type ClientOptions, clientSchema, type FullClientOptions } from "./hub-options.ts";
import { nodeClock, nodeDefer, nodeSecret } from "./node-host.ts";
import { checkDial, wsDial } from "./ws-sockets.ts";

/**
 * Queues at a hub, for `createRuntime({ adapters: [local(), ws({ url })], queueKind: "ws" })`. The process of the hub itself has
 * the adapter of its `WsHub`.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function ws(options: ClientOptions): Adapter {
  const checked = clientOptions(options);
  return {
    name: "ws",
    register: (container) => {
      let client: HubClient | undefined;
      const open = (): HubClient => {
        client ??= openClient(checked);
        return client;
      };
      registerWs(container, open, checked.codec);
      container.register(tokens.resource, { useValue: { close: () => client?.close() } });
    },
  };
}

/** Queues at a hub for who has no runtime, and how they end. */
export interface WsQueues {
  readonly driver: QueueDriver;
  /** Ends them, behind all that was put. */
  close(): Promise<void>;
}

/**
 * Queues at a hub for a program that puts records into a pipeline of another process, or takes some, and has no runtime.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function wsQueues(options: ClientOptions): WsQueues {
  const checked = clientOptions(options);
  const client = openClient(checked);
  const records = new BatchCodec(checked.codec);
  const driver = new RemoteQueueDriver(client, records, new CallCodec(nodeClock, records));
  return { driver, close: () => client.close() };
}

/** Registers queues and stores at a hub, with the client that `open` answers; records are written as `format` says. */
export function registerWs(container: Container, open: () => HubClient, format?: RecordFormat): void {
  const process = new WsProcess();
  container.register<QueueDriver>(tokens.queueDriver, {
    useFactory: (scope) => {
      const records = new BatchCodec(format);
      const calls = new CallCodec(scope.resolve<Clock>(tokens.clock), records);
      return new RemoteQueueDriver(open(), records, calls, process);
    },
  });
  container.register<StateStoreFactory>(tokens.stateStores, {
    useFactory: () => wsStores(open(), process, format),
  });
}

/**
 * The job channel at a hub: managers of jobs, clients and workers meet there. Those in the hub's own process have that of its `WsHub`.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function wsJobChannel(options: ClientOptions): JobChannel {
  const client = openClient(clientOptions(options));
  return new WsJobChannel(client, () => client.close());
}

/** The stores at a hub; what `process` has open is known to them. */
export function wsStores(port: HubClient, process: WsProcess, format?: RecordFormat): WsStateStores {
  const records = new BatchCodec(format);
  const units = new UnitCodec(records);
  return new WsStateStores({ ...storeCodecs(records), port, units, secret: nodeSecret, process });
}

/** Looks at the options of a client, and fills them in. @throws SageError `INVALID_OPTION`. */
function clientOptions(options: ClientOptions): FullClientOptions {
  const checked = parseOptions(clientSchema, options);
  checkDial(checked);
  checkWay(checked);
  return checked;
}

/** Connects to a hub. */
export function openClient(options: FullClientOptions): HubClient {
  const { url, token, tls, allowInsecure: _, codec: __, maxMessageBytes, ...limits } = options;
  return new HubClient({
    ...limits,
    dial: wsDial({ url, token, tls, maxMessageBytes, handshakeTimeoutMs: limits.handshakeTimeoutMs }),
    hub: withoutCredentials(url),
    clock: nodeClock,
    defer: nodeDefer,
    random: Math.random,
  });
}

function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/@]*@/, "$1").replace(/[?#].*$/, "");
}
