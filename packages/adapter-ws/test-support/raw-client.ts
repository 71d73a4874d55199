import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import { frameTypes } from "../src/wire/frame-type.ts";
import { encodeJson } from "../src/wire/json-body.ts";
import { decodeMessage, encodeMessage, type Frame, subprotocol } from "../src/wire/message.ts";

/** How a hub has answered somebody who is no proper client. */
export interface Outcome {
  /** Close code, or status of an HTTP answer. */
  readonly code: number;
  readonly reason: string;
}

/** What is given to a hub that wants to know who one is. */
export interface RawOptions extends ClientOptions {
  readonly token?: string;
  readonly protocols?: string | readonly string[];
}

/** A connection that sends whatever it is told to. */
export class RawClient {
  readonly socket: WebSocket;
  /** How it ends. */
  readonly end: Promise<Outcome>;
  readonly #messages: Uint8Array[] = [];
  #onMessage: (() => void) | undefined;

  constructor(url: string, { token, protocols = subprotocol, ...options }: RawOptions = {}) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.socket = new WebSocket(url, protocols as string, {
      perMessageDeflate: false,
      ...options,
      headers: { ...headers, ...options.headers },
    });
    this.socket.binaryType = "nodebuffer";
    this.socket.on("message", (data) => {
      this.#messages.push(data as Buffer);
      this.#onMessage?.();
    });
    this.end = new Promise((resolve) => {
      this.socket.on("error", () => undefined);
      this.socket.on("unexpected-response", (request, { statusCode = 0, statusMessage = "" }) => {
        resolve({ code: statusCode, reason: statusMessage });
        request.destroy();
      });
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Waits until the connection stands. */
  async open(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING)
      await Promise.race([once(this.socket, "open"), this.end]);
    return this;
  }

  /** Says who it is; what the hub says. */
  async hello(more: object = {}): Promise<Record<string, unknown>> {
    await this.open();
    this.frames([{ type: frameTypes.hello, body: encodeJson({ versions: [1], received: 0, ...more }) }], 0);
    const [frame] = decodeMessage(await this.next()).frames;
    return JSON.parse(Buffer.from(frame?.body ?? []).toString());
  }

  /** Sends frames, of which the first numbered one has this number. */
  frames(frames: readonly Frame[], first: number, received = 0): void {
    this.socket.send(encodeMessage({ received, first, frames }));
  }

  /** Sends a request. */
  request(number: number, operation: string, args: object, id = number): void {
    this.frames([{ type: frameTypes.request, body: encodeJson([id, operation, args]) }], number);
  }

  /** The next message. */
  async next(): Promise<Uint8Array> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.#onMessage = resolve;
        void this.end.then(({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`)));
      });
    }
    return this.#messages.shift() as Uint8Array;
  }
}

/** A TCP connection that sends whatever it is told to, and what came back until its end. */
export function rawSocket(
  port: number,
  bytes: string | Uint8Array,
): { socket: Socket; answer: Promise<string> } {
  const socket = createConnection({ host: "127.0.0.1", port });
  let text = "";
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.write(bytes);
  const answer = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
  return { socket, answer };
}
