import { BatchCodec } from "@sage-kernel/codec";
import { Batch } from "@sage-kernel/core/spi";
import { describe, expect, test } from "vitest";
import { AttackedHub } from "../test-support/attacked-hub.ts";
import type { RawClient } from "../test-support/raw-client.ts";
import type { HubRefusal } from "./node/ws-hub.ts";
import { frameTypes } from "./wire/frame-type.ts";
import { encodeJson } from "./wire/json-body.ts";
import { encodeNumbers } from "./wire/numbers.ts";

const attacked = new AttackedHub();

describe("a connection on which", () => {
  test("nobody says who it is is closed", async () => {
    await attacked.expectEnd(attacked.raw().end, 4408, "timeout");
  });

  test.each<[string, (one: RawClient) => void, number, HubRefusal["reason"]]>([
    ["text comes", (one) => one.socket.send("hello"), 4400, "protocol"],
    ["something else comes first", (one) => one.request(1, "size", { link: 1 }), 4400, "protocol"],
    [
      "a version is spoken that nobody knows",
      (one) => void one.hello({ versions: [9] }).catch(() => 0),
      4412,
      "version",
    ],
    ["a message has another version", (one) => one.socket.send(Buffer.from([9, 0, 0])), 4412, "version"],
    [
      "the first message is too long",
      (one) => void one.hello({ session: "x".repeat(5000) }).catch(() => 0),
      4429,
      "limit",
    ],
    [
      "a header has a field too many",
      (one) => void one.hello({ admin: true }).catch(() => 0),
      4400,
      "protocol",
    ],
    [
      "a header has __proto__",
      (one) => {
        const body = Buffer.from('{"versions":[1],"received":0,"__proto__":{"polluted":1}}');
        one.frames([{ type: frameTypes.hello, body }], 0);
      },
      4403,
      "forbidden",
    ],
  ])("%s before anything else is closed, with a reason that is counted", async (_, send, code, reason) => {
    const one = await attacked.raw().open();
    send(one);
    await attacked.expectEnd(one.end, code, reason);
    expect(attacked.hub.sessions).toBe(0);
  });

  const open = (link = 1): object => ({
    link,
    descriptor: { kind: "ws", id: `q${link}`, capacity: 4, options: {} },
  });
  const numbered = (type: number, numbers: number[], rest?: Uint8Array) => [
    { type, body: encodeNumbers(numbers, rest) },
  ];
  const codec = new BatchCodec();
  const batch = (records: number): Uint8Array =>
    codec.encode(
      new Batch(
        0,
        0,
        Array.from({ length: records }, (_, i) => i),
      ),
    );

  const two53 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];

  test.each<[string, (one: RawClient) => void, number, HubRefusal["reason"]]>([
    ["a frame is cut off", (one) => one.socket.send(Buffer.from([1, 0, 1, 0x10, 50, 1])), 4400, "protocol"],
    [
      "a number has no end",
      (one) => one.socket.send(Buffer.from([1, ...Array(20).fill(0xff)])),
      4400,
      "protocol",
    ],
    ["a number is 2^53", (one) => one.socket.send(Buffer.from([1, 0, ...two53])), 4400, "protocol"],
    [
      "a number is longer than it need be",
      (one) => one.socket.send(Buffer.from([1, 0x80, 0, 0])),
      4400,
      "protocol",
    ],
    [
      "the first number is the largest",
      (one) => one.frames(numbered(frameTypes.cancel, [1]), 2 ** 53 - 1),
      4400,
      "protocol",
    ],
    ["a request has a number below 0", (one) => one.request(1, "size", { link: 1 }, -1), 4400, "protocol"],
    [
      "a request has a number that is none",
      (one) => one.request(1, "size", { link: 1 }, 1.5),
      4400,
      "protocol",
    ],
    ["numbers leave a gap", (one) => one.request(7, "size", { link: 1 }), 4400, "protocol"],
    ["more is acknowledged than was sent", (one) => one.frames([], 0, 99), 4400, "protocol"],
    [
      "a request comes twice",
      (one) => {
        one.request(1, "seat.hold", { name: "a", fence: true }, 5);
        one.request(2, "seat.hold", { name: "b", fence: true }, 5);
      },
      4400,
      "protocol",
    ],
    ["there is no such operation", (one) => one.request(1, "eval", {}), 4400, "protocol"],
    [
      "an operation is a property of all objects",
      (one) => one.request(1, "constructor", {}),
      4400,
      "protocol",
    ],
    ["arguments are none", (one) => one.request(1, "size", { link: "x" }), 4400, "protocol"],
    [
      "a link comes twice",
      (one) => {
        one.request(1, "open", open());
        one.request(2, "open", open());
      },
      4400,
      "protocol",
    ],
    [
      "records are sent without credit",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.data, [1, 3], batch(3)), 2);
      },
      4429,
      "limit",
    ],
    [
      "more is given back than there is",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.giveBack, [1, 3, 3]), 2);
      },
      4429,
      "limit",
    ],
    [
      "a batch says that it has other records",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.data, [1, 1], batch(3)), 2);
      },
      4400,
      "protocol",
    ],
    [
      "a batch is garbage",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.data, [1, 1], Uint8Array.of(0x96, 0xdd, 0xff, 0xff, 0xff, 0xff)), 2);
      },
      4400,
      "protocol",
    ],
    [
      "a batch is nested without end",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.data, [1, 1], new Uint8Array(300_000).fill(0x91).fill(0x96, 0, 1)), 2);
      },
      4400,
      "protocol",
    ],
    [
      "what was never sent is said to be done",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.advance, [1, 2 ** 52]), 2);
      },
      4400,
      "protocol",
    ],
    [
      "room is taken back",
      (one) => {
        one.request(1, "open", open());
        one.frames(numbered(frameTypes.read, [1, 1, 10, 1000]), 2);
        one.frames(numbered(frameTypes.read, [1, 1, 5, 1000]), 3);
      },
      4400,
      "protocol",
    ],
    ["a frame is of a kind that nobody knows", (one) => one.frames(numbered(0x7f, [1]), 1), 4400, "protocol"],
    [
      "a unit of work is garbage",
      (one) => one.frames(numbered(frameTypes.commit, [1], Uint8Array.of(1, 97, 1, 98, 0xc1)), 1),
      4400,
      "protocol",
    ],
    [
      "parts come without end",
      (one) => {
        for (let n = 1; n <= 6; n++) one.frames([{ type: frameTypes.part, body: new Uint8Array(20_000) }], n);
      },
      4429,
      "limit",
    ],
    [
      "parts come that have nothing in them",
      (one) => {
        const part = { type: frameTypes.part, body: new Uint8Array() };
        one.frames(
          Array.from({ length: 4000 }, () => part),
          1,
        );
      },
      4429,
      "limit",
    ],
    [
      "signs of life are asked for without end",
      (one) => {
        const ping = { type: frameTypes.ping, body: new Uint8Array() };
        one.frames(
          Array.from({ length: 4000 }, () => ping),
          0,
        );
      },
      4429,
      "limit",
    ],
    [
      "somebody says twice who it is",
      (one) => one.frames([{ type: frameTypes.hello, body: encodeJson({ versions: [1], received: 0 }) }], 0),
      4400,
      "protocol",
    ],
  ])("%s is closed, with a reason that is counted", async (_, send, code, reason) => {
    await attacked.listen({ maxBodyBytes: 100_000 });
    const one = attacked.raw();
    await one.hello();
    send(one);
    await attacked.expectEnd(one.end, code, reason);
  });

  test("a message comes that is larger than any may be is closed before it has come", async () => {
    const one = attacked.raw();
    await one.hello();
    one.socket.send(new Uint8Array(3 * 1024 * 1024));
    await attacked.counted("limit");
  });

  test("a message comes in hundreds of parts, or never ends, is closed", async () => {
    const one = attacked.raw();
    await one.hello();
    for (let part = 0; part < 100; part++) one.socket.send(Buffer.from([1]), { fin: false });
    await attacked.counted("limit");
    const two = attacked.raw();
    await two.hello();
    two.socket.send(Buffer.from([1, 0]), { fin: false }); // and pings are answered by ws, which do not count
    const pings = setInterval(() => two.socket.ping(), 20);
    await two.end; // no whole message has come for 2.5 heartbeats
    clearInterval(pings);
  });

  test("frames come that need not be known goes on without them", async () => {
    const one = attacked.raw();
    await one.hello();
    one.frames(
      [{ type: 0x8f, body: Uint8Array.of(1) }, ...numbered(0xaf, [1, 2, 3]), ...numbered(0x90, [])],
      1,
    );
    one.request(3, "open", open());
    one.request(4, "size", { link: 1 });
    let answers = "";
    while (!answers.includes("[4,true,0]")) answers += Buffer.from(await one.next()).toString("latin1");
    one.socket.close();
  });

  test("frames come that were there before goes on, and they have no effect", async () => {
    const one = attacked.raw();
    await one.hello();
    one.request(1, "open", open());
    for (let again = 0; again < 3; again++) one.request(1, "open", open());
    one.request(2, "size", { link: 1 });
    let answers = "";
    while (!answers.includes("[2,true,0]")) answers += Buffer.from(await one.next()).toString("latin1");
    one.socket.close();
  });
});
