import type { Principal } from "@sage-kernel/core";
import { type Adapter, parseOptions, tokens as services } from "@sage-kernel/core/di";
import type { Clock, JobChannel, QueueDriver, Scheduler, StateStoreFactory } from "@sage-kernel/core/spi";
import { WsJobChannel } from "../client/ws-job-channel.ts";
import type { Hub } from "../hub/hub.ts";
import type { HubQueues } from "../hub/hub-queues.ts";
import type { HubStores } from "../hub/hub-stores.ts";
import { LocalPort } from "../hub/local-port.ts";
import { type MadeHub, makeHub } from "../hub/make-hub.ts";
import type { Operation } from "../hub/operation.ts";
import type { CloseReason } from "../wire/wire-fault.ts";
import { bearerTokens } from "./access.ts";
import { type HubOptions, hubSchema } from "./hub-options.ts";
import { HubServer } from "./hub-server.ts";
import { nodeClock, nodeDefer, nodeSecret } from "./node-host.ts";
import { turnScheduler } from "./turn-scheduler.ts";

/** What a proper client may send in one message, however small its records have to be. */
const leastMessageBytes = 512 * 1024;

/** A refusal, as a hub tells of it. */
export interface HubRefusal {
  /** A close reason, or the status of an HTTP answer. */
  readonly reason: CloseReason | `http-${number}`;
  readonly why: string;
  readonly principal: Principal | undefined;
}

/** What a hub is opened with, beside its options. */
export interface HubParts {
  /** Called for each connection that was refused or closed for what it did. */
  readonly onRefused?: (refusal: HubRefusal) => void;
  /** Deadlines of calls go by this clock. Default: the process's. */
  readonly clock?: Pick<Clock, "monotonic">;
  /** Wakes those who wait for queues in this process. Default: the event loop. */
  readonly scheduler?: Scheduler;
}

/** What a hub that listens is made of. */
interface HubInside extends MadeHub {
  readonly server: HubServer;
  readonly url: string;
}

/** A process that others connect to by WebSocket: queues are in it, and it is theirs to meet in. */
export class WsHub {
  /** For the runtime of the hub's own process. */
  readonly adapter: Adapter;
  /** Its queues. */
  readonly queues: QueueDriver;
  /** What is kept of jobs. */
  readonly stores: StateStoreFactory;
  readonly #queues: HubQueues;
  readonly #stores: HubStores;
  readonly #hub: Hub;
  readonly #server: HubServer;
  readonly #url: string;
  /** What those in this process may ask for. */
  readonly #seats: ReadonlyMap<string, Operation>;

  private constructor({ hub, server, queues, stores, url, seats }: HubInside) {
    this.#hub = hub;
    this.#seats = seats;
    this.#server = server;
    this.#url = url;
    this.#queues = queues;
    this.#stores = stores;
    this.queues = queues;
    this.stores = stores;
    this.adapter = {
      name: "ws-hub",
      register: (container) => {
        container.register(services.queueDriver, { useValue: queues });
        container.register(services.stateStores, { useValue: stores });
      },
    };
  }

  /**
   * Listens for clients.
   *
   * @throws SageError `INVALID_OPTION`; what the system says about the port.
   */
  static async listen(options: HubOptions = {}, parts: HubParts = {}): Promise<WsHub> {
    const checked = parseOptions(hubSchema, options);
    const { tokens, authenticate, host, path, tls, ...rest } = checked;
    const { maxBodyBytes } = rest;
    const limits = {
      ...rest,
      maxFrameBytes: Math.min(rest.maxFrameBytes, maxBodyBytes),
      mailboxBytes: Math.min(rest.mailboxBytes, Math.floor(maxBodyBytes / 4)), // all of it is one answer
    };
    const { onRefused, clock = nodeClock, scheduler = turnScheduler } = parts;
    const made = makeHub({
      ...{ clock: nodeClock, defer: nodeDefer, secret: nodeSecret, limits },
      ...{ callClock: clock, scheduler },
      onFault: (reason, why, principal) => onRefused?.({ reason, why, principal }),
    });
    const server = await HubServer.listen(made.hub, {
      ...{ ...limits, host, path, tls, authenticate: authenticate ?? (tokens && bearerTokens(tokens)) },
      maxMessageBytes: Math.max(2 * limits.maxFrameBytes, leastMessageBytes),
      onRefused: (status, why) => onRefused?.({ reason: `http-${status}`, why, principal: undefined }),
    });
    const at = host.includes(":") ? `[${host}]` : host;
    const url =
      path === undefined ? `${tls === undefined ? "ws" : "wss"}://${at}:${server.port}` : `ws+unix:${path}`;
    return new WsHub({ ...made, server, url });
  }

  /** Where it listens. */
  get url(): string {
    return this.#url;
  }

  /** How many clients have a session. */
  get sessions(): number {
    return this.#hub.size;
  }

  /** How often connections were closed for what they did, by reason. */
  get faults(): ReadonlyMap<CloseReason, number> {
    return this.#hub.faults;
  }

  /** Numbered frames that were sent to clients of now, and have come from them. */
  get frames(): { readonly sent: number; readonly received: number } {
    return this.#hub.frames;
  }

  /** Bytes that are kept for clients of now until they have arrived, and those handed to connections that have not left. */
  get backlog(): { readonly kept: number; readonly buffered: number } {
    return this.#hub.backlog;
  }

  /** The job channel, for those who are in this process. */
  channel(): JobChannel {
    const port = new LocalPort(this.#seats);
    return new WsJobChannel(port, async () => port.end());
  }

  /** Ids of the queues and jobs that it keeps. */
  get kept(): { readonly queues: readonly string[]; readonly jobs: readonly string[] } {
    return { queues: this.#queues.ids, jobs: this.#stores.ids };
  }

  /** Takes no more clients, and ends what they have here. */
  close(): Promise<void> {
    return this.#server.close();
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
