import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import {
  type JobClient as Client,
  defineJob,
  JobClient,
  JobServer,
  LocalJobControl,
  type Principal,
} from "@sage-kernel/core";
import { type Container, createRuntime, tokens } from "@sage-kernel/core/di";
import { Batch, MemoryQueue, QueueDescriptor, type QueueDriver } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import { Packr } from "msgpackr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Outcome, RawClient, type RawOptions, rawSocket } from "../test-support/raw-client.ts";
import { RemoteQueueDriver } from "./client/remote-queue-driver.ts";
import { clientSchema, type HubOptions } from "./node/hub-options.ts";
import { nodeClock } from "./node/node-host.ts";
import { openClient, wsJobChannel } from "./node/ws.ts";
import { type HubRefusal, WsHub } from "./node/ws-hub.ts";
import { frameTypes } from "./wire/frame-type.ts";
import { encodeJson } from "./wire/json-body.ts";
import { encodeNumbers } from "./wire/numbers.ts";
import type { CloseReason } from "./wire/wire-fault.ts";

const worker: Principal = { id: "a worker", roles: ["worker"] };
const client: Principal = { id: "a client", roles: ["submit", "observe"] };
const [workerToken, clientToken, otherToken] = ["w".repeat(32), "c".repeat(32), "o".repeat(32)];

let hub: WsHub;
let refusals: HubRefusal[];

async function listen(options: HubOptions = {}): Promise<void> {
  refusals = [];
  const tokens = {
    [workerToken]: worker,
    [clientToken]: client,
    [otherToken]: { id: "another worker", roles: ["worker"] } as Principal,
  };
  const limits = { maxConnectionsPerPrincipal: 100, maxSessionsPerPrincipal: 100 };
  hub = await WsHub.listen(
    { tokens, ...limits, helloTimeoutMs: 300, headersTimeoutMs: 300, heartbeatMs: 100, ...options },
    { onRefused: (refusal) => refusals.push(refusal) },
  );
}

beforeEach(() => listen());

/** Whoever attacks, a proper client is served. */
afterEach(async () => {
  const proper = openClient(clientSchema.parse({ url: hub.url, token: workerToken }));
  const records = new BatchCodec();
  const driver = new RemoteQueueDriver(proper, records, new CallCodec(nodeClock, records));
  const queue = await driver.open(new QueueDescriptor({ kind: "ws", id: "proper", capacity: 10 }));
  await queue.put(new Batch(0, 0, ["still here"]));
  const { batches } = await queue.take(1);
  expect(batches[0]?.payloads).toEqual(["still here"]);
  await proper.close();
  await hub.close();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const raw = (options: RawOptions = { token: workerToken }): RawClient => new RawClient(hub.url, options);
const port = (): number => Number(new URL(hub.url).port);

/** Fails unless that is how it ended, and it was counted. */
async function expectEnd(end: Promise<Outcome>, code: number, reason: HubRefusal["reason"]): Promise<void> {
  expect((await end).code).toBe(code);
  expect(refusals.map((refusal) => refusal.reason)).toContain(reason);
}

/** Waits until a connection was closed for this reason. */
async function counted(reason: CloseReason): Promise<void> {
  while (!hub.faults.has(reason)) await new Promise((resolve) => setImmediate(resolve));
}

describe("a request for a connection", () => {
  test.each<[string, RawOptions, number]>([
    ["without a token", {}, 401],
    ["with a wrong token", { token: "x".repeat(32) }, 401],
    ["with the beginning of a token", { token: "w".repeat(31) }, 401],
    ["with a token in another form", { headers: { authorization: workerToken } }, 401],
    ["from a page", { token: workerToken, headers: { origin: "https://evil.example" } }, 403],
    ["for another protocol", { token: workerToken, protocols: "chat" }, 400],
  ])("%s is refused, and counted", async (_, options, status) => {
    await expectEnd(raw(options).end, status, `http-${status}`);
    expect(hub.sessions).toBe(0);
  });

  test("with the token in its address is refused: addresses are logged", async () => {
    const end = new RawClient(`${hub.url}/?token=${workerToken}`).end;
    await expectEnd(end, 404, "http-404");
    expect(JSON.stringify(refusals)).not.toContain(workerToken);
  });

  test("is taken with the token as a subprotocol, and from a page that may", async () => {
    await hub.close();
    await listen({ origins: ["https://good.example"] });
    const bearer = `sage.bearer.${Buffer.from(workerToken).toString("base64url")}`;
    const headers = { origin: "https://good.example" };
    const welcome = await raw({ protocols: ["sage.v1", bearer], headers }).hello();
    expect(welcome).toMatchObject({ version: 1, resumed: false });
  });

  test.each([
    ["no line", "\r\n\r\n"],
    ["half of its headers", "GET / HTTP/1.1\r\nHost: x\r\nUpgr"],
    ["no bytes at all", ""],
  ])("of which there is %s is dropped in time", async (_, text) => {
    const started = performance.now();
    await rawSocket(port(), text).answer;
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test.each([
    ["hundreds of headers", Array.from({ length: 400 }, (_, i) => `X-${i}: 1`).join("\r\n")],
    ["a header of 100 KB", `X-Long: ${"x".repeat(100_000)}`],
  ])("with %s is dropped", async (_, headers) => {
    const answer = await rawSocket(port(), `GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`).answer;
    expect(answer).toMatch(/^(HTTP\/1.1 4|$)/);
  });

  test("is refused when there are too many, from one address, of one principal, or at all", async () => {
    for (const [limit, status] of [
      ["maxConnectionsPerAddress", 429],
      ["maxConnectionsPerPrincipal", 503],
      ["maxConnections", 503],
    ] as const) {
      await hub.close();
      await listen({ [limit]: 5 });
      const flood = Array.from({ length: 40 }, () => raw());
      const refused = await Promise.all(
        flood.map((each) => Promise.race([each.open().then(() => undefined), each.end])),
      );
      expect(refused.filter((end) => end?.code === status).length).toBeGreaterThanOrEqual(35);
      for (const each of flood) each.socket.terminate();
      await Promise.all(flood.map((each) => each.end));
    }
  });

  test("without authentication is taken on this machine only", async () => {
    await expect(WsHub.listen({ host: "0.0.0.0" })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("without authentication"),
    });
  });
});

describe("a connection on which", () => {
  test("nobody says who it is is closed", async () => {
    await expectEnd(raw().end, 4408, "timeout");
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
    const one = await raw().open();
    send(one);
    await expectEnd(one.end, code, reason);
    expect(hub.sessions).toBe(0);
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

  test.each<[string, (one: RawClient) => void, number, HubRefusal["reason"]]>([
    ["a frame is cut off", (one) => one.socket.send(Buffer.from([1, 0, 1, 0x10, 50, 1])), 4400, "protocol"],
    [
      "a number has no end",
      (one) => one.socket.send(Buffer.from([1, ...Array(20).fill(0xff)])),
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
    ["a link is not there", (one) => one.request(1, "size", { link: 9 }), 4400, "protocol"],
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
      "somebody says twice who it is",
      (one) => one.frames([{ type: frameTypes.hello, body: encodeJson({ versions: [1], received: 0 }) }], 0),
      4400,
      "protocol",
    ],
  ])("%s is closed, with a reason that is counted", async (_, send, code, reason) => {
    await hub.close();
    await listen({ maxBodyBytes: 100_000 });
    const one = raw();
    await one.hello();
    send(one);
    await expectEnd(one.end, code, reason);
  });

  test("a message comes that is larger than any may be is closed before it has come", async () => {
    const one = raw();
    await one.hello();
    one.socket.send(new Uint8Array(3 * 1024 * 1024));
    await counted("limit");
  });

  test("a message comes in hundreds of parts, or never ends, is closed", async () => {
    const one = raw();
    await one.hello();
    for (let part = 0; part < 100; part++) one.socket.send(Buffer.from([1]), { fin: false });
    await counted("limit");
    const two = raw();
    await two.hello();
    two.socket.send(Buffer.from([1, 0]), { fin: false }); // and pings are answered by ws, which do not count
    const pings = setInterval(() => two.socket.ping(), 20);
    await two.end; // no whole message has come for 2.5 heartbeats
    clearInterval(pings);
  });

  test("frames come that were there before goes on, and they have no effect", async () => {
    const one = raw();
    await one.hello();
    one.request(1, "open", open());
    for (let again = 0; again < 3; again++) one.request(1, "open", open());
    one.request(2, "size", { link: 1 });
    let answers = "";
    while (!answers.includes("[2,true,0]")) answers += Buffer.from(await one.next()).toString("latin1");
    one.socket.close();
  });

  test("more is asked for at once than may be is closed", async () => {
    await hub.close();
    await listen({ maxRequests: 10, maxLinks: 5 });
    const one = raw();
    await one.hello();
    for (let n = 1; n <= 11; n++) one.request(n, "seat.hold", { name: `s${n}`, fence: true });
    await expectEnd(one.end, 4429, "limit");
    const two = raw();
    await two.hello();
    for (let n = 1; n <= 6; n++) two.request(n, "open", open(n));
    await expectEnd(two.end, 4429, "limit");
  });

  test("somebody who takes no part in the work sends hundreds of messages is closed", async () => {
    const one = raw({ token: clientToken });
    await one.hello();
    for (let n = 1; n <= 500; n++) one.request(n, "seat.hold", { name: `c${n}`, fence: true });
    await expectEnd(one.end, 4429, "limit");
  });

  test("a session begins again and again is closed when there are too many", async () => {
    await hub.close();
    await listen({ maxSessionsPerPrincipal: 3 });
    for (let n = 0; n < 3; n++) {
      const one = raw();
      await one.hello();
      one.socket.terminate();
    }
    const fourth = raw();
    void fourth.hello().catch(() => undefined);
    await expectEnd(fourth.end, 4429, "limit");
    await hub.close();
    await listen();
  });
});

describe("a session", () => {
  test("is nobody else's, and not to be had with a token that is guessed or old", async () => {
    const one = raw();
    const first = await one.hello();
    one.socket.terminate();
    const attempts: [RawOptions, object][] = [
      [{ token: otherToken }, { session: first.session, token: first.token }],
      [{ token: workerToken }, { session: first.session, token: "guessed" }],
      [{ token: workerToken }, { session: first.session }],
    ];
    for (const [options, hello] of attempts) {
      const other = raw(options);
      void other.hello(hello).catch(() => undefined);
      await expectEnd(other.end, 4403, "forbidden");
    }
    const own = raw();
    const second = await own.hello({ session: first.session, token: first.token });
    expect(second).toMatchObject({ session: first.session, resumed: true });
    const newest = raw();
    await newest.hello({ session: first.session, token: second.token });
    await expectEnd(own.end, 4409, "takenOver");
    newest.socket.terminate();
    const late = raw();
    void late.hello({ session: first.session, token: first.token }).catch(() => undefined);
    await expectEnd(late.end, 4403, "forbidden");
  });

  test("does not go on from where nobody can", async () => {
    const one = raw();
    const { session, token } = await one.hello();
    one.socket.terminate();
    const other = raw();
    void other.hello({ session, token, received: 77 }).catch(() => undefined);
    await expectEnd(other.end, 4410, "resumeFailed");
  });
});

describe("records", () => {
  test("with __proto__ or a constructor arrive without doing any harm", async () => {
    const one = raw();
    await one.hello();
    one.request(1, "open", { link: 1, descriptor: { kind: "ws", id: "bad", capacity: 4, options: {} } });
    one.frames([{ type: frameTypes.want, body: encodeNumbers([1, 2, 1000]) }], 2);
    const record = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    const records = [record, new Map(Object.entries(record))];
    const packed = new Packr().pack([0, 0, records, null, null, null]);
    await one.next();
    one.frames([{ type: frameTypes.data, body: encodeNumbers([1, 2], packed) }], 3);
    const queue = await hub.queues.open(new QueueDescriptor({ kind: "ws", id: "bad", capacity: 4 }));
    const { batches } = await queue.take(2);
    const [plain, map] = batches.flatMap(({ payloads }) => payloads) as [object, object];
    expect(Object.getPrototypeOf(plain) === Object.prototype).toBe(true);
    expect(map instanceof Map).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    one.socket.terminate();
  });
});

describe("jobs", () => {
  const counting = defineJob({
    name: "counting",
    params: z.strictObject({ records: z.int().max(100) }),
    build: (env, { records }) =>
      void env.fromBatch(Array.from({ length: records }, (_, i) => i)).sink(() => undefined),
  });
  const memory: QueueDriver = {
    kind: "memory",
    capabilities: { crossProcess: false, durable: false, atomicCommit: true },
    open: (descriptor) =>
      new MemoryQueue(descriptor, {
        post: (step) => queueMicrotask(() => step.run()),
        yield: async () => undefined,
      }),
  };

  async function served(token: string, run: (jobs: Client) => Promise<void>): Promise<void> {
    const queues = {
      name: "memory",
      register: (container: Container) => void container.register(tokens.queueDriver, { useValue: memory }),
    };
    const runtime = await createRuntime({ adapters: [realMachine(), queues], queueKind: "memory" });
    const control = new LocalJobControl(runtime, [counting]);
    const server = await JobServer.open({ channel: hub.channel(), control, host: runtime.host });
    const channel = wsJobChannel({ url: hub.url, token });
    const jobs = await JobClient.connect({ channel, host: runtime.host, name: "c1" });
    try {
      await run(jobs);
    } finally {
      await jobs.close();
      await channel.close();
      await server.close();
      await runtime.close();
    }
  }

  test.each([
    ["a name that is not among them", "mining", "JOB_UNKNOWN"],
    ["a path", "../../etc/passwd", "JOB_UNKNOWN"],
    ["a module", "node:child_process", "JOB_UNKNOWN"],
    ["a property of all objects", "__proto__", "JOB_UNKNOWN"],
  ])("are refused for %s", async (_, name, code) => {
    await served(clientToken, async (jobs) => {
      await expect(jobs.submit({ name, params: { records: 1 } })).rejects.toMatchObject({ code });
      expect((await jobs.list()).entries).toEqual([]);
    });
  });

  test("are refused for parameters that are not allowed, and done for those who may", async () => {
    await served(clientToken, async (jobs) => {
      for (const params of [{ records: 1000 }, { records: 1, shell: "sh" }, null]) {
        await expect(jobs.submit({ name: "counting", params })).rejects.toMatchObject({
          code: "JOB_PARAMS_INVALID",
        });
      }
      const { job } = await jobs.submit({ name: "counting", params: { records: 3 } });
      expect(await jobs.wait(job)).toMatchObject({ state: "completed" });
      await expect(jobs.stop(job)).rejects.toMatchObject({ code: "FORBIDDEN" });
    });
  });

  test("are nothing for who only works, nor queues for who only submits", async () => {
    await served(workerToken, async (jobs) => {
      await expect(jobs.list()).rejects.toMatchObject({ code: "FORBIDDEN" });
    });
    const one = raw({ token: clientToken });
    await one.hello();
    one.request(1, "open", { link: 1, descriptor: { kind: "ws", id: "x", capacity: 4, options: {} } });
    expect(Buffer.from(await one.next()).toString("latin1")).toContain("FORBIDDEN");
    one.request(2, "seat.hold", { name: "manager", fence: true });
    expect(Buffer.from(await one.next()).toString("latin1")).toContain("FORBIDDEN");
    one.socket.terminate();
  });
});
