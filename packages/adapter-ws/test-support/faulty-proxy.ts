import { createConnection, createServer, type Server, type Socket } from "node:net";

/** What a proxy does to connections. */
type Way = "forward" | "stall" | "cut";

/** Stands between clients and a server on this machine, and can cut, stall, split and slow what goes through. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  #way: Way = "forward";
  /** Bytes of each piece that goes on; all that came for `undefined`. */
  pieceBytes: number | undefined;
  /** Connections that were made. */
  connections = 0;

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
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** Lets nothing through, and keeps the connections: neither end notices. */
  stall(): void {
    this.#way = "stall";
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Lets everything through again. */
  heal(): void {
    this.#way = "forward";
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
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
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
      socket.on("data", (data) => this.#forward(other, socket, data));
      if (this.#way === "stall") socket.pause();
    }
  }

  #forward(to: Socket, from: Socket, data: Buffer): void {
    const size = this.pieceBytes ?? data.length;
    for (let at = 0; at < data.length; at += size) {
      if (to.write(data.subarray(at, at + size)) || at + size < data.length) continue;
      from.pause();
      to.once("drain", () => this.#way === "forward" && from.resume());
    }
  }
}
