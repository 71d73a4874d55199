import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { QueueDescriptor, type Random } from "@sage-kernel/core/spi";
import { HubClient } from "../src/client/hub-client.ts";
import type { RemoteQueue } from "../src/client/remote-queue.ts";
import { RemoteQueueDriver } from "../src/client/remote-queue-driver.ts";
import { type MadeHub, makeHub } from "../src/hub/make-hub.ts";
import type { Dial, Socket, SocketEvents } from "../src/link/socket.port.ts";
import { clientSchema, hubSchema } from "../src/node/hub-options.ts";
import { PlainClock } from "./plain-clock.ts";

interface Connection {
  readonly toHub: Uint8Array[];
  readonly toClient: Uint8Array[];
  readonly events: SocketEvents;
  hub: SocketEvents | undefined;
  alive: boolean;
}

/** A hub and clients without a network: chance decides when which message arrives, and which connections break. */
export class ShakyNetwork {
  readonly clock = new PlainClock();
  readonly made: MadeHub;
  readonly #random: Random;
  readonly #connections: Connection[] = [];
  readonly #opening: (() => void)[] = [];
  #deferred: (() => void)[] = [];
  #secrets = 0;
  cuts = 0;

  constructor(random: Random) {
    this.#random = random;
    this.made = makeHub({
      ...{ clock: this.clock, callClock: this.clock, limits: hubSchema.parse({ sessionTtlMs: 1e9 }) },
      defer: (run) => void this.#deferred.push(run),
      secret: () => `secret ${this.#secrets++}`,
      scheduler: { post: (step) => queueMicrotask(() => step.run()), yield: async () => undefined },
    });
  }

  /** A queue at the hub, for a client of its own. */
  async queue(id: string, capacity: number): Promise<RemoteQueue> {
    const client = new HubClient({
      ...clientSchema.parse({ url: "ws://hub" }),
      ...{ hub: "hub", clock: this.clock, dial: this.#dial, random: () => this.#random.next() },
      outageTimeoutMs: 1e9,
      defer: (run) => void this.#deferred.push(run),
    });
    const records = new BatchCodec();
    const driver = new RemoteQueueDriver(client, records, new CallCodec(this.clock, records));
    const opened = driver.open(new QueueDescriptor({ kind: "ws", id, capacity }));
    let done = false;
    void opened.then(() => {
      done = true;
    });
    while (!done) await this.step(false);
    return opened;
  }

  /** Lets something happen. */
  async step(breaks = true): Promise<void> {
    const chance = this.#random.integer(100);
    if (chance < 30) for (const run of this.#deferred.splice(0)) run();
    else if (chance < 50) this.clock.advance(this.#random.integer(30));
    else if (chance < 52 && breaks) this.#cut();
    else this.#deliver();
    for (const open of this.#opening.splice(0)) open();
    for (let turns = 0; turns < 6; turns++) await Promise.resolve();
  }

  readonly #dial: Dial = ({ onOpen, ...events }) => {
    const connection: Connection = { toHub: [], toClient: [], events, hub: undefined, alive: true };
    this.#connections.push(connection);
    const end = (code: number, reason: string): void => this.#end(connection, code, reason);
    const socket = (lane: Uint8Array[]): Socket => ({
      get bufferedAmount() {
        return lane.reduce((sum, { length }) => sum + length, 0);
      },
      send: (message, onSent) => {
        if (connection.alive) lane.push(message.slice());
        onSent();
      },
      close: end,
      terminate: () => end(1006, ""),
    });
    this.#opening.push(() => {
      if (!connection.alive) return;
      connection.hub = this.made.hub.accept(socket(connection.toClient), undefined);
      onOpen();
    });
    return socket(connection.toHub);
  };

  #deliver(): void {
    const lanes = this.#connections.flatMap(({ toHub, toClient, hub, events }) => [
      { lane: toHub, to: hub },
      { lane: toClient, to: events },
    ]);
    const full = lanes.filter(({ lane }) => lane.length > 0);
    const { lane, to } = full[this.#random.integer(Math.max(1, full.length))] ?? {};
    const message = lane?.shift();
    if (message !== undefined) to?.onMessage(message);
  }

  #cut(): void {
    const connection = this.#connections[this.#random.integer(Math.max(1, this.#connections.length))];
    if (connection === undefined) return;
    this.cuts++;
    this.#end(connection, 1006, "");
  }

  /** One end hears of it before the other; what is on its way is lost. */
  #end(connection: Connection, code: number, reason: string): void {
    if (!connection.alive) return;
    connection.alive = false;
    this.#connections.splice(this.#connections.indexOf(connection), 1);
    const both = [connection.events, connection.hub];
    if (this.#random.integer(2) === 0) both.reverse();
    both[0]?.onClose(code, reason);
    this.#deferred.push(() => both[1]?.onClose(code, reason));
  }
}
