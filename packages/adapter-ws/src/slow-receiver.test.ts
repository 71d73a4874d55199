import { QueueDescriptor } from "@sage-kernel/core/spi";
import { afterEach, expect, test } from "vitest";
import { MostSeen } from "../test-support/most-seen.ts";
import { NumberedStream } from "../test-support/numbered-stream.ts";
import { until } from "../test-support/until.ts";
import { WsLab } from "../test-support/ws-lab.ts";

const [kib, mib] = [1024, 1024 * 1024];
/** What may have been handed to a socket that has not sent it: 1 MiB, and a message on top. */
const mostBuffered = mib + 256 * kib + kib;
/** What a consumer reads ahead. */
const window = 4 * mib;
/** What producers of one client have under way at most, and a frame on top. */
const mostPut = 9 * mib;

let lab: WsLab;

afterEach(() => lab.stop());

const descriptor = (id: string, capacity: number, options = {}) =>
  new QueueDescriptor({ kind: "ws", id, capacity, options });

test.each([
  ["records", { capacity: 100, options: {}, records: 100 }],
  ["bytes", { capacity: 10_000, options: { maxBytes: mib }, records: 128 }],
])(
  "a producer whose reader takes nothing holds no more than its credit in %s, and another queue of its connection goes on",
  async (_, { capacity, options, records }) => {
    lab = await WsLab.start();
    const client = lab.client();
    const driver = lab.driver(client);
    const most = new MostSeen();
    const note = (): void => most.note(client.session.endpoint);
    const [slow, fast] = [descriptor("slow", capacity, options), descriptor("fast", 256)];
    const [slowInside, fastInside] = [await lab.hub.queues.open(slow), await lab.hub.queues.open(fast)];
    const [flood, flow] = [new NumberedStream(8 * kib, note), new NumberedStream(0, note)];
    const slowQueue = await driver.open(slow);

    const flooded = flood.putAll(3 * records, slowQueue);
    await until("there is no room", () => flood.put > 0.9 * records);
    const fastQueue = await driver.open(fast);
    await Promise.all([flow.putAll(10_000, fastQueue, 10), flow.takeAll(fastInside, 100)]);

    expect([flow.put, flow.taken]).toEqual([10_000, 10_000]);
    expect(flood.put).toBeLessThanOrEqual(records);
    expect(await slowInside.size()).toBe(flood.put);
    expect(most.kept).toBeLessThan(records * 8 * kib + 32 * kib);
    expect(most.buffered).toBeLessThan(mostBuffered);
    await Promise.all([flooded, flood.takeAll(slowInside)]);
    expect([flood.put, flood.taken]).toEqual([3 * records, 3 * records]);
    expect([...lab.hub.faults]).toEqual([]);
  },
);

test("a client that takes nothing of one queue gets no more of it than its window, and all of another one", async () => {
  lab = await WsLab.start();
  const client = lab.client();
  const driver = lab.driver(client);
  const most = new MostSeen();
  const note = (): void => most.note(lab.hub.backlog);
  const [slow, fast] = [descriptor("slow", 1000), descriptor("fast", 256)];
  const [flood, flow] = [new NumberedStream(64 * kib, note), new NumberedStream(0, note)];
  const slowInside = await lab.hub.queues.open(slow);
  await flood.putAll(400, slowInside); // 25 MiB
  const slowQueue = await driver.open(slow);

  await flood.takeSome(slowQueue);
  await Promise.all([
    flow.putAll(10_000, await lab.hub.queues.open(fast), 10),
    flow.takeAll(await driver.open(fast), 100),
  ]);

  expect([flow.put, flow.taken]).toEqual([10_000, 10_000]);
  expect(slowQueue.fill?.()).toBeLessThanOrEqual(window / (64 * kib));
  expect(most.kept).toBeLessThan(window + 64 * kib);
  expect(most.buffered).toBeLessThan(mostBuffered);
  await until("what was sent has arrived", () => lab.hub.backlog.kept === 0);
  await flood.takeAll(slowQueue);
  expect(flood.taken).toBe(400);
  expect([...lab.hub.faults]).toEqual([]);
});

const heartbeatMs = 200;
const links = 6;
const names = Array.from({ length: links }, (_, n) => descriptor(`q${n}`, 1000));

test("a hub keeps no more than their windows for a client whose connection has stalled, and goes on over the next one", async () => {
  lab = await WsLab.start({ heartbeatMs });
  const client = lab.client({ heartbeatMs });
  const driver = lab.driver(client);
  const streams = names.map(() => new NumberedStream(64 * kib));
  const queues = await Promise.all(names.map((name) => driver.open(name)));
  const inside = await Promise.all(names.map((name) => lab.hub.queues.open(name)));
  const taken = streams.map((stream, n) => stream.takeAll(queues[n]!));
  await lab.quiet();
  const most = new MostSeen();

  lab.proxy.stall();
  await Promise.all(streams.map((stream, n) => stream.putAll(100, inside[n]!))); // 38 MiB
  await until("the client gives its connection up", () => {
    most.note(lab.hub.backlog);
    return !client.connected;
  });
  expect(streams.map((stream) => stream.taken)).toEqual(names.map(() => 0));
  expect(most.kept).toBeGreaterThan((links - 1) * window);
  expect(most.kept).toBeLessThan(links * (window + kib));
  expect(most.buffered).toBeGreaterThan(mib / 2); // it has come to that bound
  expect(most.buffered).toBeLessThan(mostBuffered);

  lab.proxy.heal();
  await Promise.all(taken);
  expect(streams.map((stream) => stream.taken)).toEqual(names.map(() => 100));
  expect(lab.proxy.connections).toBeGreaterThan(1);
  expect([...lab.hub.faults.keys()].filter((reason) => reason !== "takenOver")).toEqual([]);
});

test("a client keeps no more than its credit for a hub to which its connection has stalled, and goes on over the next one", async () => {
  lab = await WsLab.start({ heartbeatMs });
  const client = lab.client({ heartbeatMs });
  const driver = lab.driver(client);
  const streams = names.map(() => new NumberedStream(64 * kib));
  const queues = await Promise.all(names.map((name) => driver.open(name)));
  const inside = await Promise.all(names.map((name) => lab.hub.queues.open(name)));
  const taken = streams.map((stream, n) => stream.takeAll(inside[n]!));
  await Promise.all(streams.map((stream, n) => stream.putUpTo(1, queues[n]!))); // there is credit from now on
  await lab.quiet();
  const most = new MostSeen();

  lab.proxy.stall();
  const put = streams.map((stream, n) => stream.putAll(60, queues[n]!)); // 22 MiB
  await until("the client gives its connection up", () => {
    most.note(client.session.endpoint);
    return !client.connected;
  });
  expect(streams.map((stream) => stream.taken)).toEqual(names.map(() => 1));
  expect(most.kept).toBeGreaterThan(mostPut - 2 * mib);
  expect(most.kept).toBeLessThan(mostPut);
  expect(most.buffered).toBeGreaterThan(mib / 2); // it has come to that bound
  expect(most.buffered).toBeLessThan(mostBuffered);

  lab.proxy.heal();
  await Promise.all([...put, ...taken]);
  expect(streams.map((stream) => stream.taken)).toEqual(names.map(() => 60));
  expect(lab.proxy.connections).toBeGreaterThan(1);
  expect([...lab.hub.faults.keys()].filter((reason) => reason !== "takenOver")).toEqual([]);
});
