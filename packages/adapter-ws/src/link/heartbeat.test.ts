import { describe, expect, test } from "vitest";
import { HalfOpen } from "../../test-support/half-open.ts";
import { PlainClock } from "../../test-support/plain-clock.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { decodeMessage, encodeMessage } from "../wire/message.ts";
import { Endpoint } from "./endpoint.ts";
import type { Socket } from "./socket.port.ts";

const heartbeatMs = 100;
/** One looks twice in a heartbeat, so that it may come to half of one later. */
const [bound, latest] = [2.5 * heartbeatMs, 3 * heartbeatMs];

/** An endpoint whose other end is played by the test. */
class Lonely {
  readonly clock = new PlainClock();
  readonly endpoint: Endpoint;
  /** When it has asked for a sign of life, and given one. */
  readonly pings: number[] = [];
  readonly pongs: number[] = [];
  /** When it has given its connection up. */
  gaveUp: number | undefined;

  constructor() {
    this.endpoint = new Endpoint({
      ...{ clock: this.clock, defer: (run) => run(), onFrame: () => undefined },
      ...{ maxBodyBytes: 1000, heartbeatMs },
    });
    const socket: Socket = {
      bufferedAmount: 0,
      send: (message, onSent) => {
        for (const { type } of decodeMessage(message).frames) {
          if (type === frameTypes.ping) this.pings.push(this.clock.monotonic());
          if (type === frameTypes.pong) this.pongs.push(this.clock.monotonic());
        }
        onSent();
      },
      close: () => undefined,
      terminate: () => {
        this.gaveUp ??= this.clock.monotonic();
      },
    };
    this.endpoint.attach(socket, 0);
  }

  /** Says something, which carries nothing numbered. */
  hear(type: number): void {
    const frames = [{ type, body: new Uint8Array() }];
    this.endpoint.onMessage(encodeMessage({ received: 0, first: 0, frames }));
  }

  /** Lets time pass, in small steps. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left--) this.clock.advance(1);
  }
}

describe("an end of a session", () => {
  test("gives a connection up on which nothing has come for 2.5 heartbeats, and asks before that", () => {
    const end = new Lonely();
    end.pass(1000);
    expect(end.gaveUp).toBe(bound);
    expect(end.pings).toEqual([50, 100, 150, 200]);
  });

  test.each([1, 20, 49, 50, 73, 99])(
    "counts from the last thing that came (%i ms after a heartbeat)",
    (after) => {
      const end = new Lonely();
      end.pass(heartbeatMs + after);
      end.hear(frameTypes.pong);
      end.pass(1000);
      const silence = (end.gaveUp ?? Number.NaN) - heartbeatMs - after;
      expect(silence).toBeGreaterThanOrEqual(bound);
      expect(silence).toBeLessThan(latest);
    },
  );

  test("keeps a connection over which it is answered, however late within that time", () => {
    const end = new Lonely();
    for (let times = 0; times < 100; times++) {
      end.pass(bound - 1);
      end.hear(frameTypes.pong);
    }
    expect(end.gaveUp).toBeUndefined();
  });

  test("asks for nothing while something comes, and answers who asks at once", () => {
    const end = new Lonely();
    for (let times = 0; times < 100; times++) {
      end.pass(heartbeatMs / 2 - 1);
      end.hear(frameTypes.ping);
    }
    expect(end.pings).toEqual([]);
    expect(end.pongs).toEqual(Array.from({ length: 100 }, (_, n) => (n + 1) * (heartbeatMs / 2 - 1)));
  });

  test("takes nobody for gone because it has stood still itself", () => {
    const end = new Lonely();
    end.pass(40);
    end.clock.advance(10 * heartbeatMs);
    expect(end.gaveUp).toBeUndefined();
    end.hear(frameTypes.pong); // what had come meanwhile
    end.pass(bound - 1);
    expect(end.gaveUp).toBeUndefined();
  });

  test("takes who says nothing for gone after it has stood still, too", () => {
    const end = new Lonely();
    end.clock.advance(10 * heartbeatMs);
    end.pass(heartbeatMs);
    expect(end.gaveUp).toBeLessThanOrEqual(11 * heartbeatMs);
  });

  test("gives up no connection but the present one", () => {
    const end = new Lonely();
    end.endpoint.detach();
    end.pass(1000);
    expect([end.gaveUp, end.pings]).toEqual([undefined, []]);
  });
});

test("a hub and a client both find that the other is gone, and go on with their session over the next connection", () => {
  const half = new HalfOpen(heartbeatMs);
  const { session } = half.client;
  half.pass(100 * heartbeatMs);
  expect(half.given).toEqual({ client: [], hub: [] }); // silence alone is not the end

  half.open = false;
  const from = half.clock.monotonic();
  half.pass(latest);
  expect([half.given.client.length, half.given.hub.length, half.client.connected]).toEqual([1, 1, false]);
  for (const [at = 0] of [half.given.client, half.given.hub]) {
    expect(at - from).toBeGreaterThanOrEqual(bound - heartbeatMs); // the last sign of life was up to so much before
    expect(at - from).toBeLessThanOrEqual(latest);
  }

  half.open = true;
  half.pass(20_000);
  expect([half.client.connected, half.client.session === session, half.hub.size]).toEqual([true, true, 1]);
});
