import { describe, expect, test } from "vitest";
import { PlainClock } from "../../test-support/plain-clock.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { decodeMessage, encodeMessage, type Frame } from "../wire/message.ts";
import { Endpoint } from "./endpoint.ts";
import type { Socket } from "./socket.port.ts";

/** An end of a session, and what it hands to its connection. */
function connected() {
  const deferred: (() => void)[] = [];
  const sent: Uint8Array[] = [];
  const taken: number[] = [];
  let [buffered, onSent] = [0, (): void => undefined];
  const socket: Socket = {
    get bufferedAmount() {
      return buffered;
    },
    send: (message, whenSent) => {
      sent.push(message);
      onSent = whenSent;
    },
    close: () => undefined,
    terminate: () => undefined,
  };
  const endpoint = new Endpoint({
    ...{ clock: new PlainClock(), maxBodyBytes: 100_000, heartbeatMs: 8000 },
    defer: (run) => void deferred.push(run),
    onFrame: (type) => void taken.push(type),
  });
  endpoint.attach(socket, 0);
  const turn = (): void => {
    while (deferred.length > 0) for (const run of deferred.splice(0)) run();
  };
  return {
    endpoint,
    taken,
    /** Lets a message come, and a turn of the event loop pass. */
    come(frames: readonly Frame[], first = 0): void {
      endpoint.onMessage(encodeMessage({ received: 0, first, frames }));
      turn();
    },
    /** Lets the other end say how many numbered frames it has. */
    has(received: number): void {
      endpoint.onMessage(encodeMessage({ received, first: 0, frames: [] }));
      turn();
    },
    turn,
    /** So much is in the socket now, which has sent some of it. */
    holds(bytes: number): void {
      buffered = bytes;
      onSent();
      turn();
    },
    /** Types of the frames that were handed over since the last look. */
    types: () => sent.splice(0).map((each) => decodeMessage(each).frames.map(({ type }) => type)),
  };
}

const ping: Frame = { type: frameTypes.ping, body: new Uint8Array() };
const pong = frameTypes.pong;

describe("an end of a session", () => {
  test("gives one sign of life for all that are asked for in a turn", () => {
    const { come, types } = connected();
    come(Array.from({ length: 1000 }, () => ping));
    expect(types()).toEqual([[pong]]);
    come([ping]);
    expect(types()).toEqual([[pong]]);
  });

  test("hands nothing at all to a connection that does not send what it has, and then what is due", () => {
    const { come, endpoint, holds, types } = connected();
    come([ping]);
    expect(types()).toEqual([[pong]]);
    holds(2 * 1024 * 1024);
    const numbered = { type: frameTypes.cancel, body: Uint8Array.of(1) };
    for (let n = 0; n < 100; n++) come([ping, ...Array.from({ length: 20 }, () => numbered)], 1 + 20 * n);
    endpoint.send(frameTypes.grant, Uint8Array.of(1, 1, 1));
    holds(1024 * 1024);
    expect(types()).toEqual([]);
    holds(0);
    expect(types()).toEqual([[pong, frameTypes.grant]]);
    expect(endpoint.received).toBe(2000);
  });

  test("skips what it need not know, of one connection or numbered, whole or in parts, and counts it", () => {
    const { come, endpoint, taken } = connected();
    const body = Uint8Array.of(1, 2, 3);
    come([{ type: 0x8f, body }, ping]);
    come(
      [
        { type: 0x90, body },
        { type: frameTypes.part, body },
        { type: 0xff, body },
        { type: frameTypes.cancel, body },
      ],
      1,
    );
    expect(taken).toEqual([frameTypes.cancel]);
    expect(endpoint.received).toBe(4);
    expect(() => come([{ type: 0x0f, body }])).toThrow("is not expected");
  });

  test("says that little is under way although something always is, and that nothing is when nothing is", () => {
    const { endpoint, has, turn } = connected();
    const told: string[] = [];
    for (let n = 0; n < 90; n++) endpoint.send(frameTypes.data, new Uint8Array(100_000));
    turn();
    endpoint.whenLow(4_000_000, () => told.push("little"));
    endpoint.whenDrained(() => told.push("nothing"));
    for (let arrived = 10; arrived < 200; arrived += 10) {
      for (let n = 0; n < 20; n++) endpoint.send(frameTypes.commit, new Uint8Array(10)); // somebody else's
      turn();
      has(arrived);
      expect([arrived, ...told]).toEqual(endpoint.backlog > 4_000_000 ? [arrived] : [arrived, "little"]);
    }
    expect(told).toEqual(["little"]);

    has(endpoint.sent);
    expect(told).toEqual(["little", "nothing"]);
  });

  test("keeps nobody waiting who waits for what is under way when its connection is gone", () => {
    const { endpoint, turn } = connected();
    endpoint.send(frameTypes.data, new Uint8Array(1000));
    turn();
    let told = 0;
    endpoint.whenLow(10, () => told++);
    endpoint.whenDrained(() => told++);
    expect(told).toBe(0);

    endpoint.detach();
    expect(told).toBe(2);
  });
});
