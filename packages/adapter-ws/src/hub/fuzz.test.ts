import { BatchCodec } from "@sage-kernel/codec";
import { Batch } from "@sage-kernel/core/spi";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PlainClock } from "../../test-support/plain-clock.ts";
import type { Socket, SocketEvents } from "../link/socket.port.ts";
import { hubSchema } from "../node/hub-options.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { encodeJson } from "../wire/json-body.ts";
import { encodeMessage, type Frame } from "../wire/message.ts";
import { encodeNumbers } from "../wire/numbers.ts";
import { type CloseReason, closeCodes } from "../wire/wire-fault.ts";
import { type MadeHub, makeHub } from "./make-hub.ts";

const inputs = process.env.SAGE_DEEP === "1" ? 100_000 : 20_000;
const codec = new BatchCodec();

/** A hub without a network, and connections to it that take whatever it says. */
class FuzzedHub {
  readonly clock = new PlainClock();
  readonly made: MadeHub;
  readonly reasons = new Map<CloseReason, number>();
  readonly #deferred: (() => void)[] = [];
  #secrets = 0;

  constructor() {
    const limits = hubSchema.parse({});
    this.made = makeHub({
      ...{ clock: this.clock, callClock: this.clock, limits },
      defer: (run) => void this.#deferred.push(run),
      secret: () => `secret ${this.#secrets++}`,
      scheduler: { post: (step) => step.run(), yield: async () => undefined },
      onFault: (reason) => this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1),
    });
  }

  /** Says hello, sends a message, and goes; how the hub has closed, if it has. */
  async send(message: Uint8Array): Promise<number | undefined> {
    let closed: number | undefined;
    const socket: Socket = {
      bufferedAmount: 0,
      send: (_, onSent) => onSent(),
      close: (code) => {
        closed ??= code;
      },
      terminate: () => {
        closed ??= 1006;
      },
    };
    const events: SocketEvents = this.made.hub.accept(socket, undefined);
    const hello = encodeJson({ versions: [1], received: 0 });
    events.onMessage(
      encodeMessage({ received: 0, first: 0, frames: [{ type: frameTypes.hello, body: hello }] }),
    );
    events.onMessage(message);
    await this.settle();
    events.onClose(closed ?? 1000, "");
    this.clock.advance(1000);
    return closed;
  }

  async settle(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) {
      for (const run of this.#deferred.splice(0)) run();
      await Promise.resolve();
    }
  }
}

const name = fc.constantFrom("a", "b", "manager", "x/in", "__proto__", "", "x".repeat(500));
const small = fc.oneof(fc.nat(5), fc.maxSafeNat());
const json = (id: number, operation: string, args: object): Frame => ({
  type: frameTypes.request,
  body: encodeJson([id, operation, args]),
});
const descriptor = { kind: "ws", id: "q/in", capacity: 4, options: {} };

/** Frames as a client sends them, more or less. */
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.tuple(fc.nat(3), name).map(([id, held]) => json(id, "seat.hold", { name: held, fence: true })),
  fc.tuple(fc.nat(3), name, small).map(([id, to, epoch]) => {
    return json(id, "seat.send", { name: "a", epoch, to, body: { x: 1 } });
  }),
  fc.tuple(fc.nat(3), small).map(([id, max]) => json(id, "seat.take", { name: "a", epoch: 1, max })),
  fc.nat(3).map((link) => json(link + 1, "open", { link, descriptor })),
  fc.tuple(fc.nat(3), fc.constantFrom("size", "close", "leave", "bye")).map(([link, what]) => {
    return json(link + 7, what, { link });
  }),
  fc.tuple(fc.nat(3), name, name).map(([id, job, pass]) => {
    return json(id, "store.open", { job, pass, node: "n#0" });
  }),
  fc.tuple(fc.nat(3), name, name).map(([id, job, pass]) => {
    return json(id, "store.begin", { job, pass, shape: { version: 1 } });
  }),
  fc
    .tuple(fc.nat(3), fc.jsonValue())
    .map(([id, args]) => json(id, "store.report", { job: "j", report: args })),
  fc
    .tuple(fc.constantFrom(...Object.values(frameTypes)), fc.array(small, { maxLength: 4 }))
    .map(([type, numbers]) => ({ type, body: encodeNumbers(numbers) })),
  fc.tuple(fc.nat(3), fc.nat(4)).map(([link, records]) => {
    const batch = codec.encode(new Batch(0, 0, Array(records).fill("r")));
    return { type: frameTypes.data, body: encodeNumbers([link, records], batch) };
  }),
  fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 60 })).map(([type, body]) => ({ type, body })),
);

/** Messages: as they should be, changed in places, cut off, or any bytes at all. */
const message: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(frame, { minLength: 1, maxLength: 6 }),
    fc.constantFrom(1, 1, 1, 1, 0, 2, 2 ** 50),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.option(fc.nat(), { freq: 5 }),
    fc.option(fc.uint8Array({ maxLength: 200 }), { freq: 10 }),
  )
  .map(([frames, first, changes, cut, anything]) => {
    if (anything !== null) return anything;
    const bytes = encodeMessage({ received: 0, first, frames });
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
  });

test(`${inputs} messages, made of what clients send and spoilt, each end in an answer or a counted reason`, async () => {
  const hub = new FuzzedHub();
  const codes = new Set<number>(Object.values(closeCodes));
  let closed = 0;
  await fc.assert(
    fc.asyncProperty(message, async (bytes) => {
      const code = await hub.send(bytes);
      if (code === undefined) return;
      closed++;
      expect(codes.has(code)).toBe(true);
    }),
    { numRuns: inputs },
  );
  expect(hub.made.hub.size).toBeLessThan(100); // what is gone for a minute is forgotten
  const counted = [...hub.reasons.values()].reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(closed);
  expect(closed).toBeGreaterThan(inputs / 10);
  expect(hub.reasons.get("internal") ?? 0).toBe(0); // nothing that nobody has thought of
  hub.clock.advance(120_000);
  await hub.settle();
  expect(hub.made.hub.size).toBe(0); // and nothing is left of them
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});
