import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { SageError } from "@sage-kernel/core";
import { isPromiseLike, type MaybePromise } from "@sage-kernel/core/spi";
import type { Hub } from "../hub/hub.ts";
import { isLoopback } from "../wire/loopback.ts";
import { subprotocol } from "../wire/message.ts";
import type { Authenticate } from "./access.ts";
import { type AdmissionLimits, Admissions, type Refusal } from "./admissions.ts";
import { WsUpgrader } from "./ws-sockets.ts";

/** How a hub is served. */
export interface HubServerOptions extends AdmissionLimits {
  readonly port: number;
  /** Name or address to listen at. */
  readonly host: string;
  /** Or a Unix socket. */
  readonly path?: string | undefined;
  readonly authenticate?: Authenticate | undefined;
  /** Pages whose scripts may connect; without it none may. */
  readonly origins: readonly string[];
  /** Names under which it may be asked for; left out: any with authentication or at a Unix socket, otherwise those of this machine. */
  readonly hosts?: readonly string[] | undefined;
  /** Options of Node's TLS server, with `key` and `cert`. */
  readonly tls?: object | undefined;
  /** Tokens and records may go in clear text to other machines. */
  readonly allowInsecure: boolean;
  readonly maxMessageBytes: number;
  /** How long the headers of a request may take, and to tell whose they are. */
  readonly headersTimeoutMs: number;
  /** A request was refused with this status. */
  readonly onRefused?: ((status: number, why: string) => void) | undefined;
}

/** Listens for clients of a hub: looks at each request before it becomes a connection. */
export class HubServer {
  readonly #hub: Hub;
  readonly #options: HubServerOptions;
  readonly #server: Server;
  readonly #upgrader: WsUpgrader;
  readonly #admissions: Admissions;
  readonly #sockets = new Set<Duplex>();

  private constructor(hub: Hub, options: HubServerOptions) {
    this.#hub = hub;
    this.#options = options;
    this.#admissions = new Admissions(options);
    const { headersTimeoutMs } = options;
    const timeouts = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: 2 * headersTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeoutMs / 2),
    };
    const limits = { ...timeouts, maxHeaderSize: 8192 };
    this.#server =
      options.tls === undefined
        ? createServer(limits)
        : createTlsServer({ ...limits, handshakeTimeout: headersTimeoutMs, ...options.tls });
    this.#server.maxHeadersCount = 50;
    this.#upgrader = new WsUpgrader(options.maxMessageBytes);
    this.#server.on("connection", (socket: Socket) => {
      const leave = this.#admissions.arrive(socket.remoteAddress ?? "");
      if (leave === undefined) {
        socket.destroy();
        this.#tell(503, "too many connections that ask for nothing");
        return;
      }
      this.#sockets.add(socket);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        leave();
      });
    });
    this.#server.on("request", (_, response) => {
      response
        .writeHead(426, { connection: "close", upgrade: "websocket" })
        .end("This is a WebSocket server.\n");
    });
    this.#server.on("upgrade", (request, socket, head) => void this.#onUpgrade(request, socket, head));
    this.#server.on("clientError", (_, socket) => socket.destroy());
    this.#server.on("error", () => undefined); // such as no descriptor for one more connection: it goes on listening
  }

  /**
   * Listens.
   *
   * @throws SageError `INVALID_OPTION` for another host than this machine without authentication, or without TLS; what the system
   * says about the port.
   */
  static async listen(hub: Hub, options: HubServerOptions): Promise<HubServer> {
    const { host, port, path } = options;
    if (path === undefined && !isLoopback(host)) checkReach(options);
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
      const refusal = this.#refusal(request) ?? this.#admissions.refusal(address);
      if (refusal !== undefined) return this.#refuse(socket, ...refusal);
      socket.once("close", this.#admissions.enter(address)); // whoever it is
      const { authenticate, headersTimeoutMs } = this.#options;
      const principal = authenticate && (await inTime(authenticate(request), headersTimeoutMs));
      if (principal === tooLate) return this.#refuse(socket, 503, "authentication takes too long");
      if (authenticate !== undefined && principal === undefined)
        return this.#refuse(socket, 401, "no valid token");
      if (socket.destroyed) return;
      const leave = principal && this.#admissions.enterAs(principal.id);
      if (principal !== undefined && leave === undefined)
        return this.#refuse(socket, 503, "too many connections of one principal");
      if (leave !== undefined) socket.once("close", leave);
      this.#upgrader.upgrade(request, socket, head, (opened) =>
        this.#hub.accept(opened, principal, principal?.validForMs),
      );
    } catch (error) {
      this.#refuse(socket, 500, error instanceof Error ? error.message : String(error));
    }
  }

  /** Why a request is refused whoever makes it. */
  #refusal({ url, headers }: IncomingMessage): Refusal | undefined {
    const { origins } = this.#options;
    if (url !== "/") return [404, "another path"];
    if (!this.#isCalled(headers.host)) return [403, "another host"];
    const { origin } = headers;
    if (origin !== undefined && !origins.includes(origin)) return [403, "a page that may not"];
    const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
    if (!offered.includes(subprotocol)) return [400, "another subprotocol"];
    return undefined;
  }

  /** Whether it is meant: a page may let its own name lead here (DNS rebinding), and is then not another origin. */
  #isCalled(host = ""): boolean {
    const { hosts, authenticate, path } = this.#options;
    const name = host.replace(/:\d*$/, "").toLowerCase();
    if (hosts !== undefined) return hosts.some((each) => each.toLowerCase() === name);
    return authenticate !== undefined || path !== undefined || isLoopback(name);
  }

  #refuse(socket: Duplex, status: number, why: string): void {
    this.#tell(status, why);
    const end = setTimeout(() => socket.destroy(), 1000);
    socket.once("close", () => clearTimeout(end));
    socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  #tell(status: number, why: string): void {
    try {
      this.#options.onRefused?.(status, why);
    } catch {
      // Whoever listens breaks nothing here.
    }
  }
}

/** Looks whether other machines may reach a hub. @throws SageError `INVALID_OPTION`. */
function checkReach({ host, authenticate, tls, allowInsecure }: HubServerOptions): void {
  if (authenticate === undefined) {
    const problem = `is "${host}" without authentication: whoever reaches it could run and stop jobs`;
    const expected = "127.0.0.1, or tokens, or an authenticate function";
    throw new SageError("INVALID_OPTION", { path: "host", problem, expected });
  }
  if (tls !== undefined || allowInsecure) return;
  const problem = `is left out, with host "${host}": tokens and records could be read on their way`;
  const expected = "key and cert, or allowInsecure: true where something else encrypts";
  throw new SageError("INVALID_OPTION", { path: "tls", problem, expected });
}

const tooLate = Symbol("too late");

/** What something comes to, if it does within so many ms. */
async function inTime<T>(value: MaybePromise<T>, ms: number): Promise<T | typeof tooLate> {
  if (!isPromiseLike(value)) return value;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof tooLate>((resolve) => {
    timer = setTimeout(() => resolve(tooLate), ms);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
