import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameSize } from "../wire/message.ts";
import { Inbox, Outbox } from "./outbox.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 50_000 : 1000 });

const frame = (value: number) => ({ type: 0x20, body: Uint8Array.of(value & 255, value >> 8) });
const numberIn = ({ body }: { readonly body: Uint8Array }): number => (body[0] ?? 0) + ((body[1] ?? 0) << 8);

type Sent = ReturnType<Outbox["take"]>;

/** One way of a session, over connections that break: what is in flight is lost, what has arrived may be told late or never. */
class Link {
  readonly outbox = new Outbox();
  readonly inbox = new Inbox();
  readonly arrived: number[] = [];
  #flying: Sent[] = [];
  #pushed = 0;
  #told = 0;

  push(): void {
    this.outbox.push(frame(this.#pushed++));
  }

  send(frames: number): void {
    if (this.outbox.waiting) this.#flying.push(this.outbox.take(1000, frames));
  }

  arrive(): void {
    const sent = this.#flying.shift();
    if (sent === undefined) return;
    let known = this.inbox.accept(sent.first, sent.frames.length);
    for (const each of sent.frames) if (known-- <= 0) this.arrived.push(numberIn(each));
  }

  /** The sender hears how much has arrived. */
  tell(): void {
    this.#told = this.inbox.received;
    this.outbox.acknowledge(this.#told);
  }

  /** The sender hears something that was said before. */
  tellLate(): void {
    this.outbox.acknowledge(Math.min(this.#told, this.inbox.received));
  }

  /** The connection breaks, and another one is made: positions first. */
  reconnect(): void {
    this.#flying = [];
    this.outbox.resume(this.inbox.received);
  }

  finish(): void {
    this.reconnect();
    while (this.outbox.waiting) {
      this.send(5);
      this.arrive();
    }
    this.tell();
  }

  get pushed(): number {
    return this.#pushed;
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("push" as const), count: fc.constant(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("send" as const), count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("arrive" as const, "tell", "tellLate"),
      count: fc.constant(1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const), count: fc.constant(1) }) },
);

describe("frames of a session", () => {
  test("arrive once and in order, whatever becomes of connections, and are kept no longer than that", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const link = new Link();
        for (const { do: what, count } of steps) {
          if (what === "send") link.send(count);
          else link[what]();
        }
        link.finish();
        expect(link.arrived).toEqual(Array.from({ length: link.pushed }, (_, i) => i));
        expect([link.outbox.empty, link.outbox.bytes]).toEqual([true, 0]);
      }),
    );
  });

  test("of thousands that are acknowledged in parts are let go, and counted in bytes", () => {
    const outbox = new Outbox();
    for (let i = 0; i < 5000; i++) outbox.push(frame(i));
    outbox.take(1e9, 5000);
    for (let received = 1; received <= 4999; received += 7) {
      outbox.acknowledge(received);
      expect(outbox.bytes).toBe((5000 - received) * frameSize(2));
    }
  });

  test("leave in messages of so many bytes, but for one that is larger by itself", () => {
    const outbox = new Outbox();
    for (const size of [10, 10, 100, 10]) outbox.push({ type: 0x20, body: new Uint8Array(size) });
    const sizes = (): number[] => outbox.take(30, 100).frames.map(({ body }) => body.length);
    expect([sizes(), sizes(), sizes(), outbox.waiting]).toEqual([[10, 10], [100], [10], false]);
  });

  test.each([
    ["a gap", 3],
    ["a number before the first", 0],
  ])("behind %s are refused", (_, first) => {
    const inbox = new Inbox();
    inbox.accept(1, 1);
    expect(() => inbox.accept(first, 1)).toThrow(/comes behind frame 1/);
    expect(inbox.received).toBe(1);
  });

  test("that were never sent are not acknowledged, and nobody goes on from what is gone", () => {
    const outbox = new Outbox();
    for (let i = 0; i < 3; i++) outbox.push(frame(i));
    outbox.take(1000, 2);
    expect(() => outbox.acknowledge(3)).toThrow(/more than was sent/);
    outbox.acknowledge(2);
    for (const place of [1, 3]) expect(() => outbox.resume(place)).toThrow(/where nobody can/);
    outbox.resume(2);
    expect(outbox.take(1000, 9)).toMatchObject({ first: 3, frames: [{}] });
  });
});
