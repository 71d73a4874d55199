import { HubClient } from "../src/client/hub-client.ts";
import type { Dial } from "../src/link/socket.port.ts";
import { clientSchema } from "../src/node/hub-options.ts";
import { frameTypes } from "../src/wire/frame-type.ts";
import { encodeJson } from "../src/wire/json-body.ts";
import { decodeMessage, encodeMessage, type Frame } from "../src/wire/message.ts";
import { PlainClock } from "./plain-clock.ts";

type Events = Parameters<Dial>[0];

/** A client whose connections are played by the test, one after the other. */
export class DialledHub {
  readonly clock = new PlainClock();
  readonly client: HubClient;
  /** Connections that were begun, the last one at the end. */
  readonly dialled: Events[] = [];
  /** What the client has sent. */
  readonly sent: Frame[] = [];
  /** Codes with which the client has closed some. */
  readonly closed: number[] = [];
  /** Why it has lost what was under way. */
  readonly lost: string[] = [];
  #came = 0;

  constructor() {
    const dial: Dial = (events) => {
      this.dialled.push(events);
      return {
        bufferedAmount: 0,
        send: (message, onSent) => {
          this.sent.push(...decodeMessage(message).frames);
          onSent();
        },
        close: (code) => void this.closed.push(code),
        terminate: () => events.onClose(1006, ""),
      };
    };
    this.client = new HubClient({
      ...clientSchema.parse({ url: "ws://hub" }),
      ...{ hub: "hub", clock: this.clock, dial, random: () => 0.5, defer: queueMicrotask },
    });
    this.client.onLost(({ message }) => this.lost.push(message));
  }

  get #last(): Events {
    return this.dialled.at(-1) as Events;
  }

  /** The last connection stands, and the hub says welcome in a session. */
  welcome(session: string, resumed = false): void {
    this.#last.onOpen();
    this.#came = resumed ? this.#came : 0;
    const hub = { version: 1, session, token: "t", resumed, received: 0, maxFrameBytes: 4096 };
    const frames = [{ type: frameTypes.welcome, body: encodeJson(hub) }];
    this.#last.onMessage(encodeMessage({ received: 0, first: 0, frames }));
  }

  /** The hub sends numbered frames over the last connection. */
  say(...frames: Frame[]): void {
    this.#last.onMessage(encodeMessage({ received: 0, first: this.#came + 1, frames }));
    this.#came += frames.length;
  }

  /** The hub says that it has so many numbered frames. */
  has(received: number): void {
    this.#last.onMessage(encodeMessage({ received, first: 0, frames: [] }));
  }

  /** A message that is no bytes comes over the last connection. */
  babble(): void {
    this.#last.onMessage(undefined);
  }

  /** Lets what was put off run. */
  async turn(): Promise<void> {
    for (let looks = 0; looks < 20; looks++) await Promise.resolve();
  }

  /** The last connection ends. */
  end(code: number, reason = ""): void {
    this.#last.onClose(code, reason);
  }
}
