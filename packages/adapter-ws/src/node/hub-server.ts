import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type Principal, SageError } from "@sage-kernel/core";
import type { Hub } from "../hub/hub.ts";
import { subprotocol } from "../wire/message.ts";
import type { Authenticate } from "./access.ts";
import { WsUpgrader } from "./ws-sockets.ts";

/** How a hub is served. */
export interface HubServerOptions {
  readonly port: number;
  /** Name or address to listen at. */
  readonly host: string;
  /** Or a Unix socket. */
  readonly path?: string | undefined;
  readonly authenticate?: Authenticate | undefined;
  /** Pages whose scripts may connect; without it none may. */
  readonly origins: readonly string[];
  /** Options of Node's TLS server, with `key` and `cert`. */
  readonly tls?: object | undefined;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerPrincipal: number;
  readonly maxMessageBytes: number;
  readonly headersTimeoutMs: number;
  /** A request was refused with this status. */
  readonly onRefused?: ((status: number, why: string) => void) | undefined;
}

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/** Listens for clients of a hub: looks at each request before it becomes a connection. */
export class HubServer {
  readonly #hub: Hub;
  readonly #options: HubServerOptions;
  readonly #server: Server;
  readonly #upgrader: WsUpgrader;
  readonly #byAddress = new Map<string, number>();
  readonly #byPrincipal = new Map<string, number>();
  readonly #sockets = new Set<Duplex>();
  #connections = 0;

  private constructor(hub: Hub, options: HubServerOptions) {
    this.#hub = hub;
    this.#options = options;
    const { headersTimeoutMs } = options;
    const timeouts = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: 2 * headersTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeoutMs / 2),
    };
    const limits = { ...timeouts, maxHeaderSize: 8192 };
    this.#server =
      options.tls === undefined ? createServer(limits) : createTlsServer({ ...limits, ...options.tls });
    this.#server.maxHeadersCount = 50;
    this.#upgrader = new WsUpgrader(options.maxMessageBytes);
    this.#server.on("connection", (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (_, response) => {
      response
        .writeHead(426, { connection: "close", upgrade: "websocket" })
        .end("This is a WebSocket server.\n");
    });
    this.#server.on("upgrade", (request, socket, head) => void this.#onUpgrade(request, socket, head));
    this.#server.on("clientError", (_, socket) => socket.destroy());
  }

  /**
   * Listens.
   *
   * @throws SageError `INVALID_OPTION` for another host than this machine without authentication; what the system says about the
   * port.
   */
  static async listen(hub: Hub, options: HubServerOptions): Promise<HubServer> {
    const { host, port, path, authenticate } = options;
    if (authenticate === undefined && path === undefined && !loopback.has(host)) {
      const problem = `is "${host}" without authentication: whoever reaches it could run and stop jobs`;
      const expected = "127.0.0.1, or tokens, or an authenticate function";
      throw new SageError("INVALID_OPTION", { path: "host", problem, expected });
    }
    const server = new HubServer(hub, options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject);
      server.#server.listen(path === undefined ? { host, port } : { path }, resolve);
    });
    return server;
  }

  /** The port that it listens at. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Stops listening; connections end with the hub. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await this.#hub.close();
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, 2500);
    await closed;
    clearTimeout(late);
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => undefined); // before anything else: a request may end its connection at any time
    const address = request.socket.remoteAddress ?? "";
    try {
      const refusal = this.#refusal(request, address);
      if (refusal !== undefined) return this.#refuse(socket, ...refusal);
      const { authenticate } = this.#options;
      const principal = await authenticate?.(request);
      if (authenticate !== undefined && principal === undefined)
        return this.#refuse(socket, 401, "no valid token");
      if (socket.destroyed) return;
      if (this.#isFull(principal)) return this.#refuse(socket, 503, "too many connections");
      this.#upgrade(request, socket, head, principal, address);
    } catch (error) {
      this.#refuse(socket, 500, error instanceof Error ? error.message : String(error));
    }
  }

  #upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    principal: Principal | undefined,
    address: string,
  ): void {
    const counts = [
      [this.#byAddress, address],
      [this.#byPrincipal, principal?.id],
    ] as const;
    this.#connections++;
    for (const [map, key] of counts) if (key !== undefined) map.set(key, (map.get(key) ?? 0) + 1);
    socket.once("close", () => {
      this.#connections--;
      for (const [map, key] of counts) {
        if (key === undefined) continue;
        const left = (map.get(key) ?? 1) - 1;
        if (left > 0) map.set(key, left);
        else map.delete(key);
      }
    });
    this.#upgrader.upgrade(request, socket, head, (opened) => this.#hub.accept(opened, principal));
  }

  /** Why a request is refused whoever makes it. */
  #refusal({ url, headers }: IncomingMessage, address: string): [number, string] | undefined {
    const { origins, maxConnections, maxConnectionsPerAddress } = this.#options;
    if (url !== "/") return [404, "another path"];
    const { origin } = headers;
    if (origin !== undefined && !origins.includes(origin)) return [403, "a page that may not"];
    const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
    if (!offered.includes(subprotocol)) return [400, "another subprotocol"];
    if (this.#connections >= maxConnections) return [503, "too many connections"];
    if ((this.#byAddress.get(address) ?? 0) >= maxConnectionsPerAddress)
      return [429, "too many from one address"];
    return undefined;
  }

  #isFull(principal: Principal | undefined): boolean {
    if (principal === undefined) return false;
    return (this.#byPrincipal.get(principal.id) ?? 0) >= this.#options.maxConnectionsPerPrincipal;
  }

  #refuse(socket: Duplex, status: number, why: string): void {
    this.#options.onRefused?.(status, why);
    const end = setTimeout(() => socket.destroy(), 1000);
    socket.once("close", () => clearTimeout(end));
    socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
}
