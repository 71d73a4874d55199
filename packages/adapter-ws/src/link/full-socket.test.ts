import { expect, test } from "vitest";
import { PlainClock } from "../../test-support/plain-clock.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { decodeMessage, encodeMessage, type Frame } from "../wire/message.ts";
import { Endpoint } from "./endpoint.ts";

const mib = 1024 * 1024;
const body = new Uint8Array();

/** An endpoint, and a socket that sends only what it is told to. */
class FullSocket {
  readonly clock = new PlainClock();
  readonly endpoint = new Endpoint({
    ...{ clock: this.clock, defer: (run) => run(), onFrame: () => undefined },
    ...{ maxBodyBytes: mib, heartbeatMs: 1e9 },
  });
  bufferedAmount = 0;
  /** What has left. */
  readonly left: Frame[] = [];
  /** How much the last message that has left says has arrived. */
  received = 0;
  #waiting: { readonly message: Uint8Array; readonly onSent: () => void }[] = [];
  #numbered = 0;

  constructor() {
    this.endpoint.attach(this, 0);
  }

  send(message: Uint8Array, onSent: () => void): void {
    this.bufferedAmount += message.length;
    this.#waiting.push({ message: message.slice(), onSent });
  }

  close(): void {}

  terminate(): void {}

  /** Such frames come, in one message. */
  hear(type: number, count: number): void {
    const first = type < frameTypes.request ? 0 : this.#numbered + 1;
    if (first > 0) this.#numbered += count;
    const frames = Array.from({ length: count }, () => ({ type, body }));
    this.endpoint.onMessage(encodeMessage({ received: 0, first, frames }));
  }

  /** Sends all that it was given, and what it is given then. */
  drain(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { received, frames } = decodeMessage(next.message);
      this.left.push(...frames);
      this.received = received;
      this.bufferedAmount -= next.message.length;
      next.onSent();
    }
  }
}

test("who asks for signs of life without end and reads none has no more than one of them kept", () => {
  const socket = new FullSocket();
  for (let n = 0; n < 20; n++) socket.endpoint.send(frameTypes.data, new Uint8Array(128 * 1024));
  const full = socket.bufferedAmount;
  expect(full).toBeGreaterThanOrEqual(mib);

  for (let n = 0; n < 1000; n++) socket.hear(frameTypes.ping, 1000);

  expect(socket.bufferedAmount).toBe(full);
  socket.drain();
  expect(socket.left.filter(({ type }) => type === frameTypes.pong)).toHaveLength(1);
  expect(socket.left.filter(({ type }) => type === frameTypes.data)).toHaveLength(20);
});

test("who sends without end and reads nothing is told how much has arrived when it reads again", () => {
  const socket = new FullSocket();
  for (let n = 0; n < 8; n++) socket.endpoint.send(frameTypes.data, new Uint8Array(128 * 1024));
  const full = socket.bufferedAmount;
  expect(full).toBeGreaterThanOrEqual(mib);

  for (let n = 0; n < 1000; n++) {
    socket.hear(frameTypes.want, 16);
    socket.clock.advance(20);
  }

  expect(socket.bufferedAmount).toBe(full);
  expect(socket.received).toBe(0);
  socket.drain();
  expect([socket.received, socket.endpoint.received]).toEqual([16_000, 16_000]);
});
