import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { HubClient } from "../src/client/hub-client.ts";
import { RemoteQueueDriver } from "../src/client/remote-queue-driver.ts";
import { type MadeHub, makeHub } from "../src/hub/make-hub.ts";
import type { Dial, Socket, SocketEvents } from "../src/link/socket.port.ts";
import { clientSchema, type HubOptions, hubSchema } from "../src/node/hub-options.ts";
import { decodeMessage } from "../src/wire/message.ts";
import { PlainClock } from "./plain-clock.ts";

/** What one end has sent: the frames of its messages, as `type body`, both in hexadecimal digits. */
export type Sent = string[];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The frames of a message. */
export function framesOf(message: Uint8Array): Sent {
  return decodeMessage(message).frames.map(({ type, body }) => `${hex(Uint8Array.of(type))} ${hex(body)}`);
}

/** Runs steps that are put off, and nothing by itself. */
class Later {
  readonly #steps: (() => void)[] = [];
  readonly defer = (run: () => void): void => void this.#steps.push(run);

  async run(): Promise<void> {
    for (let turns = 0; turns < 20; turns++) {
      for (const step of this.#steps.splice(0)) step();
      await Promise.resolve();
    }
  }
}

/** One end of a connection whose other end is the test: it tells what was sent, and gives what comes. */
class End {
  readonly later = new Later();
  readonly messages: Uint8Array[] = [];
  readonly socket: Socket = {
    bufferedAmount: 0,
    send: (message, onSent) => {
      this.messages.push(message.slice());
      onSent();
    },
    close: () => undefined,
    terminate: () => undefined,
  };
  events: SocketEvents | undefined;

  /** Gives a message; the messages that it sends then. */
  async take(message: Uint8Array): Promise<Uint8Array[]> {
    this.events?.onMessage(message);
    await this.later.run();
    return this.messages.splice(0);
  }
}

/** A hub whose only client is the test. */
export class TalkingHub extends End {
  readonly made: MadeHub;
  #secrets = 0;

  constructor(options: HubOptions = {}) {
    super();
    const clock = new PlainClock();
    this.made = makeHub({
      ...{ clock, callClock: clock, limits: hubSchema.parse(options), defer: this.later.defer },
      secret: () => `secret ${this.#secrets++}`,
      scheduler: { post: (step) => queueMicrotask(() => step.run()), yield: async () => undefined },
    });
    this.events = this.made.hub.accept(this.socket, undefined);
  }
}

/** A client whose hub is the test. */
export class TalkingClient extends End {
  readonly driver: RemoteQueueDriver;

  constructor() {
    super();
    const clock = new PlainClock();
    const dial: Dial = ({ onOpen, ...events }) => {
      this.events = events;
      this.later.defer(onOpen);
      return this.socket;
    };
    const client = new HubClient({
      ...clientSchema.parse({ url: "ws://hub" }),
      ...{ hub: "hub", clock, dial, random: () => 0, defer: this.later.defer },
    });
    const records = new BatchCodec();
    this.driver = new RemoteQueueDriver(client, records, new CallCodec(clock, records));
  }
}
