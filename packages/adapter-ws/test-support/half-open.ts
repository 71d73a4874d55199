import { HubClient } from "../src/client/hub-client.ts";
import { makeHub } from "../src/hub/make-hub.ts";
import type { Dial, Socket, SocketEvents } from "../src/link/socket.port.ts";
import { clientSchema, hubSchema } from "../src/node/hub-options.ts";
import { PlainClock } from "./plain-clock.ts";

/** A hub and a client in time that stands still, and connections of which neither end hears that the other is gone. */
export class HalfOpen {
  readonly clock = new PlainClock();
  readonly client: HubClient;
  readonly hub;
  /** When each end has given a connection up. */
  readonly given = { client: [] as number[], hub: [] as number[] };
  /** Whether messages arrive. */
  open = true;
  #deferred: (() => void)[] = [];

  constructor(heartbeatMs: number) {
    const { clock } = this;
    const defer = (run: () => void): void => void this.#deferred.push(run);
    const limits = hubSchema.parse({ heartbeatMs });
    const scheduler = { post: queueMicrotask, yield: async () => undefined } as never;
    let secrets = 0;
    const secret = (): string => `secret ${secrets++}`;
    this.hub = makeHub({ clock, callClock: clock, limits, defer, secret, scheduler }).hub;
    const options = clientSchema.parse({ url: "ws://hub", heartbeatMs });
    this.client = new HubClient({
      ...{ ...options, clock, defer, hub: "hub", random: () => 0.5, dial: this.#dial },
    });
    this.settle();
  }

  /** Lets happen what is under way. */
  settle(): void {
    while (this.#deferred.length > 0) for (const run of this.#deferred.splice(0)) run();
  }

  /** Lets time pass, in small steps. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left--) {
      this.clock.advance(1);
      this.settle();
    }
  }

  readonly #dial: Dial = ({ onOpen, ...client }) => {
    let hub: SocketEvents | undefined;
    const send = (to: () => SocketEvents | undefined, message: Uint8Array): void => {
      const copy = message.slice();
      if (this.open) this.#deferred.push(() => to()?.onMessage(copy));
    };
    const end = (own: () => SocketEvents | undefined, given: number[]) => (): void => {
      given.push(this.clock.monotonic());
      this.#deferred.push(() => own()?.onClose(1006, ""));
    };
    const socket = (
      to: () => SocketEvents | undefined,
      own: () => SocketEvents | undefined,
      given: number[],
    ): Socket => ({
      bufferedAmount: 0,
      send: (message, onSent) => {
        send(to, message);
        onSent();
      },
      close: end(own, given),
      terminate: end(own, given),
    });
    const [toClient, toHub] = [() => client, () => hub];
    this.#deferred.push(() => {
      if (!this.open) return;
      hub = this.hub.accept(socket(toClient, toHub, this.given.hub), undefined);
      onOpen();
    });
    return socket(toHub, toClient, this.given.client);
  };
}
