import { createConnection, createServer, type Server, type Socket } from "node:net";

/** Stands between clients and a server on Unix sockets, and can cut what goes through. */
export class BreakingProxy {
  readonly path: string;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;
  /** Parts of answers that came so far. */
  #answers = 0;
  #dropAt: number | undefined;

  private constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
    this.#server = createServer((client) => this.#onClient(client));
  }

  /** Listens at `path` for what goes to `target`. */
  static async listen(path: string, target: string): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(path, target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(path, resolve);
    });
    return proxy;
  }

  /** Cuts all connections; new ones come to nothing. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Parts of answers that have come since the last call of {@link dropAnswer}. */
  get answers(): number {
    return this.#answers;
  }

  /** Drops the n-th part of an answer that comes from now on, counted from 0, with its connection; none for `undefined`. */
  dropAnswer(n: number | undefined): void {
    this.#answers = 0;
    this.#dropAt = n;
  }

  /** Lets connections through again. */
  heal(): void {
    this.#cut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #onClient(client: Socket): void {
    if (this.#cut) {
      client.destroy();
      return;
    }
    const server = createConnection(this.#target);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(server);
    server.on("data", (data) => {
      if (this.#answers++ === this.#dropAt) client.destroy();
      else client.write(data);
    });
  }
}
