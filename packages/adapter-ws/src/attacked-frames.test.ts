import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { AttackedHub, workerToken } from "../test-support/attacked-hub.ts";
import { rawSocket } from "../test-support/raw-client.ts";
import type { CloseReason } from "./wire/wire-fault.ts";

const attacked = new AttackedHub();

/** A request that is taken; what comes behind it are frames of WebSocket itself. */
const upgrade = (more: Readonly<Record<string, string>> = {}): string => {
  const headers = {
    ...{ Host: "x", Connection: "Upgrade", Upgrade: "websocket", Authorization: `Bearer ${workerToken}` },
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
    "Sec-WebSocket-Protocol": "sage.v1",
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET / HTTP/1.1\r\n${lines.join("")}\r\n`;
};
const mask = [0, 0, 0, 0];
const part = [0x00, 0x80, ...mask];

describe("a WebSocket frame", () => {
  test.each<[string, number[], CloseReason]>([
    ["that says it is larger than any may be", [0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, ...mask], "limit"],
    ["that says it has 2^62 bytes", [0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, ...mask], "limit"],
    ["without a mask", [0x82, 0x00], "protocol"],
    ["of a kind that is reserved", [0x83, 0x80, ...mask], "protocol"],
    ["with a bit that is reserved", [0xc2, 0x80, ...mask], "protocol"],
    ["of text that is none", [0x81, 0x81, ...mask, 0xff], "protocol"],
    ["of control in parts", [0x09, 0x80, ...mask], "protocol"],
    ["of control that is too long", [0x89, 0xfe, 0, 126, ...mask, ...Array(126).fill(0)], "limit"],
    ["that goes on with nothing", [0x80, 0x80, ...mask], "protocol"],
    ["that begins within another", [0x02, 0x80, ...mask, 0x82, 0x80, ...mask], "protocol"],
    ["in a hundred parts of nothing", [0x02, 0x80, ...mask, ...Array(100).fill(part).flat()], "limit"],
    ["that closes with a code that nobody may send", [0x88, 0x82, ...mask, 0x03, 0xed], "protocol"],
  ])("%s closes its connection, and is counted", async (_, bytes, reason) => {
    const { answer } = rawSocket(attacked.port, Buffer.concat([Buffer.from(upgrade()), Buffer.from(bytes)]));
    expect(await answer).toMatch(/^HTTP\/1.1 101/);
    await attacked.counted(reason);
    expect([...attacked.hub.faults.keys()]).toEqual([reason]);
    expect(attacked.hub.sessions).toBe(0);
  });
});

/** What a request is answered with, before anything else. */
async function answerTo(request: string): Promise<string> {
  const { socket } = rawSocket(attacked.port, request);
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return answer.toString("latin1");
}

describe("a connection", () => {
  test("is not compressed, whoever offers it", async () => {
    const offers = upgrade({ "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" });
    expect(await answerTo(offers)).toMatch(/^HTTP\/1.1 101 (?!.*permessage-deflate)/s);
  });

  test.each([
    ["Sec-WebSocket-Protocol", 400],
    ["Sec-WebSocket-Extensions", 101],
  ])("with a %s without end is dealt with at once", async (name, status) => {
    const began = performance.now();
    expect(await answerTo(upgrade({ [name]: `a${" ".repeat(7000)}b,` }))).toContain(`HTTP/1.1 ${status}`);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test("whose other end gives no sign of life is closed", async () => {
    const one = attacked.raw();
    await one.hello();
    const began = performance.now();
    expect((await one.end).code).toBe(1006);
    expect(performance.now() - began).toBeLessThan(2000); // 2.5 heartbeats are 250 ms
  });
});
