import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { SageError } from "@sage-kernel/core";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";
import { dialWith, type Token } from "../client/token.ts";
import type { Dial, Socket, SocketEvents } from "../link/socket.port.ts";
import { closeReason } from "../wire/close-reason.ts";
import { subprotocol } from "../wire/message.ts";
import { closeCodes } from "../wire/wire-fault.ts";

/** How long the other end may take to agree to the end of a connection, in ms. */
const closeTimeoutMs = 2000;

/** Bounds of what ws takes in: its own defaults let small messages pin much memory. */
const bounds = { perMessageDeflate: false, maxFragments: 64, maxBufferedChunks: 1024 } as const;

/** How a client connects. */
export interface DialOptions {
  readonly url: string;
  /** Goes into the `Authorization` header, never into the URL. */
  readonly token?: Token | undefined;
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
  /** Options of Node's TLS, such as `ca`. */
  readonly tls?: object | undefined;
}

/** What no header may have in it. */
const unfit = /[^\t\x20-\x7e\x80-\xff]/;

/** Looks whether a connection can be begun with them. @throws SageError `INVALID_OPTION`. */
export function checkDial({ url, token }: Pick<DialOptions, "url" | "token">): void {
  if (!URL.canParse(url) || url.includes("#")) {
    const expected = "ws: or wss:, a host, a port up to 65535 if any, and no fragment";
    throw new SageError("INVALID_OPTION", { path: "url", problem: "is no URL of a hub", expected });
  }
  if (typeof token === "string" && unfit.test(token)) {
    const problem = "has a line end, or another character that no header may have";
    throw new SageError("INVALID_OPTION", { path: "token", problem, expected: "a text of one line" });
  }
}

/** Dials with ws. */
export function wsDial(options: DialOptions): Dial {
  const { url, token, maxMessageBytes, handshakeTimeoutMs, tls } = options;
  const given: ClientOptions = {
    ...tls,
    ...bounds,
    maxPayload: maxMessageBytes,
    handshakeTimeout: handshakeTimeoutMs,
  };
  const open = ({ onOpen, ...events }: Parameters<Dial>[0], bearer: string | undefined): Socket => {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const socket = new WebSocket(url, subprotocol, { ...given, headers });
    const refusals: Readonly<Record<number, number>> = {
      401: closeCodes.unauthorized,
      403: closeCodes.forbidden,
    };
    let refused: { readonly code: number; readonly reason: string } | undefined;
    socket.on("unexpected-response", (_, { statusCode = 0 }) => {
      refused = { code: refusals[statusCode] ?? 1006, reason: `HTTP status ${statusCode}` };
      socket.terminate();
    });
    socket.on("open", onOpen);
    return adopt(socket, {
      onMessage: events.onMessage,
      onClose: (code, reason) => events.onClose(refused?.code ?? code, refused?.reason ?? reason),
    });
  };
  return (events) => dialWith(token, events, (bearer) => open(events, bearer));
}

/** Upgrades requests that were looked at before. */
export class WsUpgrader {
  readonly #server: WebSocketServer;

  /** Messages have so many bytes at most. */
  constructor(maxMessageBytes: number) {
    this.#server = new WebSocketServer({
      ...bounds,
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      handleProtocols: () => subprotocol,
    });
  }

  /** Makes a connection of a request; `accept` answers who takes what comes. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accept: (socket: Socket) => SocketEvents,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      let events: SocketEvents | undefined;
      const adopted = adopt(opened, {
        onMessage: (message) => events?.onMessage(message),
        onClose: (...given) => events?.onClose(...given),
      });
      events = accept(adopted);
    });
  }
}

function adopt(socket: WebSocket, { onMessage, onClose }: SocketEvents): Socket {
  socket.binaryType = "nodebuffer";
  socket.on("message", (data, isBinary) => onMessage(isBinary ? (data as Buffer) : undefined));
  let broken = "";
  socket.on("error", (error: Error & { readonly code?: string }) => {
    broken = error.code ?? ""; // "close" follows
  });
  socket.on("close", (code, reason) => onClose(code, broken || reason.toString()));
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (message, onSent) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(message, { binary: true, compress: false }, () => onSent());
    },
    close: (code, reason) => {
      const end = setTimeout(() => socket.terminate(), closeTimeoutMs);
      socket.once("close", () => clearTimeout(end));
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else {
        try {
          socket.close(code, closeReason(reason));
        } catch {
          socket.terminate(); // whoever closes goes on
        }
      }
    },
    terminate: () => socket.terminate(),
  };
}
