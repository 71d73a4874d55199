import type { IncomingMessage } from "node:http";
import { QueueDescriptor } from "@sage-kernel/core/spi";
import { Packr } from "msgpackr";
import { describe, expect, test, vi } from "vitest";
import { AttackedHub, answered, otherToken, workerToken } from "../test-support/attacked-hub.ts";
import { RawClient, type RawOptions, rawSocket } from "../test-support/raw-client.ts";
import { until } from "../test-support/until.ts";
import { frameTypes } from "./wire/frame-type.ts";
import { encodeNumbers } from "./wire/numbers.ts";

const attacked = new AttackedHub();

describe("a request for a connection", () => {
  test.each<[string, RawOptions, number]>([
    ["without a token", {}, 401],
    ["with a wrong token", { token: "x".repeat(32) }, 401],
    ["with the beginning of a token", { token: "w".repeat(31) }, 401],
    ["with a token in another form", { headers: { authorization: workerToken } }, 401],
    ["from a page", { token: workerToken, headers: { origin: "https://evil.example" } }, 403],
    ["for another protocol", { token: workerToken, protocols: "chat" }, 400],
  ])("%s is refused, and counted", async (_, options, status) => {
    await attacked.expectEnd(attacked.raw(options).end, status, `http-${status}`);
    expect(attacked.hub.sessions).toBe(0);
  });

  test("with the token in its address is refused: addresses are logged", async () => {
    const end = new RawClient(`${attacked.hub.url}/?token=${workerToken}`).end;
    await attacked.expectEnd(end, 404, "http-404");
    expect(JSON.stringify(attacked.refusals)).not.toContain(workerToken);
  });

  test("is taken with the token as a subprotocol, and from a page that may", async () => {
    await attacked.listen({ origins: ["https://good.example"] });
    const bearer = `sage.bearer.${Buffer.from(workerToken).toString("base64url")}`;
    const headers = { origin: "https://good.example" };
    const welcome = await attacked.raw({ protocols: ["sage.v1", bearer], headers }).hello();
    expect(welcome).toMatchObject({ version: 1, resumed: false });
  });

  test.each([
    ["no line", "\r\n\r\n"],
    ["half of its headers", "GET / HTTP/1.1\r\nHost: x\r\nUpgr"],
    ["no bytes at all", ""],
  ])("of which there is %s is dropped in time", async (_, text) => {
    const started = performance.now();
    await rawSocket(attacked.port, text).answer;
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test.each([
    ["hundreds of headers", Array.from({ length: 400 }, (_, i) => `X-${i}: 1`).join("\r\n")],
    ["a header of 100 KB", `X-Long: ${"x".repeat(100_000)}`],
  ])("with %s is dropped", async (_, headers) => {
    const answer = await rawSocket(attacked.port, `GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`).answer;
    expect(answer).toMatch(/^(HTTP\/1.1 4|$)/);
  });

  test("is refused when there are too many, from one address, of one principal, or at all", async () => {
    for (const [limit, status] of [
      ["maxConnectionsPerAddress", 429],
      ["maxConnectionsPerPrincipal", 503],
      ["maxConnections", 503],
    ] as const) {
      await attacked.listen({ [limit]: 5 });
      const flood = Array.from({ length: 15 }, () => attacked.raw());
      const refused = await Promise.all(
        flood.map((each) => Promise.race([each.open().then(() => undefined), each.end])),
      );
      expect(refused.filter((end) => end?.code === status).length).toBeGreaterThanOrEqual(10);
      for (const each of flood) each.socket.terminate();
      await Promise.all(flood.map((each) => each.end));
    }
  });

  test("is counted before anybody knows whose it is, which takes no longer than it may", async () => {
    const slow = ({ headers }: IncomingMessage) =>
      headers.authorization === `Bearer ${workerToken}`
        ? { id: "a worker", roles: ["worker" as const] }
        : new Promise<undefined>(() => undefined);
    await attacked.listen({ authenticate: slow, maxConnectionsPerAddress: 5 });
    const flood = Array.from({ length: 15 }, () => attacked.raw({ token: otherToken }));
    const codes = (await Promise.all(flood.map((each) => each.end))).map(({ code }) => code);
    expect(codes.filter((code) => code === 429)).toHaveLength(10);
    expect(codes.filter((code) => code === 503)).toHaveLength(5);
    expect(attacked.refusals.map(({ why }) => why)).toContain("authentication takes too long");
    const proper = await attacked.raw().hello(); // there is room again
    expect(proper).toMatchObject({ resumed: false });
  });

  test.each(["maxConnectionsPerAddress", "maxConnections"])(
    "counts before it is made: with %s only a few more stand than may, whatever they have asked for",
    async (limit) => {
      await attacked.listen({ [limit]: 5, headersTimeoutMs: 10_000 });
      const half = "GET / HTTP/1.1\r\nHost: localhost\r\n";
      const flood = Array.from({ length: 100 }, () => rawSocket(attacked.port, half));
      let ended = 0;
      for (const { answer } of flood) void answer.then(() => ended++);
      await until("the others are closed", () => ended === 85);
      expect(attacked.refusals.filter(({ reason }) => reason === "http-503").length).toBe(85);
      for (const { socket } of flood) socket.destroy();
      await Promise.all(flood.map(({ answer }) => answer));
      await vi.waitFor(() => attacked.raw().hello(), 10_000); // there is room again
    },
  );
});

describe("a session", () => {
  test("is nobody else's, and not to be had with a token that is guessed or old", async () => {
    const one = attacked.raw();
    const first = await one.hello();
    one.socket.terminate();
    const attempts: [RawOptions, object][] = [
      [{ token: otherToken }, { session: first.session, token: first.token }],
      [{ token: workerToken }, { session: first.session, token: "guessed" }],
      [{ token: workerToken }, { session: first.session }],
    ];
    for (const [options, hello] of attempts) {
      const other = attacked.raw(options);
      void other.hello(hello).catch(() => undefined);
      await attacked.expectEnd(other.end, 4403, "forbidden");
    }
    const own = attacked.raw();
    const second = await own.hello({ session: first.session, token: first.token });
    expect(second).toMatchObject({ session: first.session, resumed: true });
    const newest = attacked.raw();
    await newest.hello({ session: first.session, token: second.token });
    await attacked.expectEnd(own.end, 4409, "takenOver");
    newest.socket.terminate();
    const late = attacked.raw();
    void late.hello({ session: first.session, token: first.token }).catch(() => undefined);
    await attacked.expectEnd(late.end, 4403, "forbidden");
  });

  test("goes on over one connection where two come for it at once", async () => {
    const one = attacked.raw();
    const { session, token } = await one.hello();
    one.socket.terminate();
    const both = [await attacked.raw().open(), await attacked.raw().open()] as const;
    await Promise.all(both.map((each) => each.hello({ session, token })));
    await attacked.expectEnd(both[0].end, 4409, "takenOver");
    both[1].request(1, "seat.hold", { name: "seat", fence: true });
    expect(await answered(both[1], "epoch")).toContain("epoch");
    expect(attacked.hub.sessions).toBe(1);
    both[1].socket.terminate();
  });

  test("does not go on from where nobody can", async () => {
    const one = attacked.raw();
    const { session, token } = await one.hello();
    one.socket.terminate();
    const other = attacked.raw();
    void other.hello({ session, token, received: 77 }).catch(() => undefined);
    await attacked.expectEnd(other.end, 4410, "resumeFailed");
  });
});

describe("a request for a queue", () => {
  const proper = { kind: "ws", id: "x", capacity: 4, options: {} };

  test.each<[string, unknown]>([
    ["nothing", null],
    ["a list", []],
    ["no name", { ...proper, id: "" }],
    ["too long a name", { ...proper, id: "x".repeat(201) }],
    ["control characters in its name", { ...proper, id: "a\u0000b" }],
    ["no room", { ...proper, capacity: 0 }],
    ["room that is no number", { ...proper, capacity: "many" }],
    ["room without end", { ...proper, capacity: 1e308 }],
    ["options that are none", { ...proper, options: "all" }],
    ["a constructor among its options", { ...proper, options: { constructor: {} } }],
    [
      "options that are nested without end",
      { ...proper, options: JSON.parse(`${'{"a":'.repeat(50)}1${"}".repeat(50)}`) },
    ],
  ])("that has %s is refused, and its connection is served on", async (_, descriptor) => {
    const one = attacked.raw();
    await one.hello();
    one.request(1, "open", { link: 1, descriptor });
    expect(await answered(one, "[1,")).toMatch(/\[1,false,.*INVALID_DESCRIPTOR/);
    one.request(2, "open", { link: 1, descriptor: proper });
    expect(await answered(one, "[2,")).toContain("[2,true,");
    one.socket.terminate();
  });

  test("that is there with other options is refused", async () => {
    const one = attacked.raw();
    await one.hello();
    one.request(1, "open", { link: 1, descriptor: proper });
    one.request(2, "open", { link: 2, descriptor: { ...proper, capacity: 5 } });
    expect(await answered(one, "[2,")).toMatch(/\[2,false,.*DESCRIPTOR_CONFLICT/);
    one.socket.terminate();
  });
});

describe("records", () => {
  test("with __proto__ or a constructor arrive without doing any harm", async () => {
    const one = attacked.raw();
    await one.hello();
    one.request(1, "open", { link: 1, descriptor: { kind: "ws", id: "bad", capacity: 4, options: {} } });
    one.frames([{ type: frameTypes.want, body: encodeNumbers([1, 2, 1000]) }], 2);
    const record = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    const records = [record, new Map(Object.entries(record))];
    const packed = new Packr().pack([0, 0, records, null, null, null]);
    await one.next();
    one.frames([{ type: frameTypes.data, body: encodeNumbers([1, 2], packed) }], 3);
    const queue = await attacked.hub.queues.open(new QueueDescriptor({ kind: "ws", id: "bad", capacity: 4 }));
    const { batches } = await queue.take(2);
    const [plain, map] = batches.flatMap(({ payloads }) => payloads) as [object, object];
    expect(Object.getPrototypeOf(plain) === Object.prototype).toBe(true);
    expect(map instanceof Map).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    one.socket.terminate();
  });
});
