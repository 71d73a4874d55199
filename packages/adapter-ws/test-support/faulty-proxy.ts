import { createConnection, createServer, type Server, type Socket } from "node:net";
import { type LaneFaults, ProxyLane } from "./proxy-lane.ts";

/** What a proxy does to connections. */
type Way = "forward" | "stall" | "cut";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly lanes: readonly ProxyLane[];
}

/** Stands between clients and a server on this machine, and can cut, stall, split and slow what goes through. */
export class FaultyProxy implements LaneFaults {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  #way: Way = "forward";
  pieceBytes: number | (() => number) | undefined;
  /** Of each connection in each direction. */
  bytesPerSecond: number | undefined;
  /** Connections that were made. */
  connections = 0;
  /** Bytes that went through, in both directions. */
  bytes = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#onClient(client));
  }

  /** Listens for what goes to a port of this machine. */
  static async listen(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen({ host: "127.0.0.1", port: 0 }, resolve));
    return proxy;
  }

  /** Connections that are there now. */
  get live(): number {
    return this.#pairs.size;
  }

  /** Where it listens. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Cuts all connections; new ones come to nothing. */
  cut(): void {
    this.#way = "cut";
    this.reset();
  }

  /** Cuts all connections; new ones are made. */
  reset(): void {
    for (const { client, server, lanes } of this.#pairs) {
      for (const lane of lanes) lane.stop();
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  get stalled(): boolean {
    return this.#way === "stall";
  }

  onBytes(count: number): void {
    this.bytes += count;
  }

  /** Lets nothing through, and keeps the connections: neither end notices. */
  stall(): void {
    this.#way = "stall";
    this.#go();
  }

  /** Lets everything through again, in the pieces and as fast as it is set to. */
  heal(): void {
    this.#way = "forward";
    this.#go();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #onClient(client: Socket): void {
    this.connections++;
    client.on("error", () => undefined);
    if (this.#way === "cut") {
      client.destroy();
      return;
    }
    const server = createConnection({ host: "127.0.0.1", port: this.#target });
    const lanes = [new ProxyLane(client, server, this), new ProxyLane(server, client, this)];
    const pair = { client, server, lanes };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#pairs.delete(pair);
        for (const lane of lanes) lane.stop();
        client.destroy();
        server.destroy();
      });
    }
  }

  #go(): void {
    for (const { lanes } of this.#pairs) for (const lane of lanes) lane.go();
  }
}
