import { SeededRandom } from "@sage-kernel/core/spi";
import { afterEach, expect, test } from "vitest";
import type { FaultyProxy } from "../test-support/faulty-proxy.ts";
import { leastCalls, Traffic } from "../test-support/traffic.ts";
import { WsLab } from "../test-support/ws-lab.ts";

const deep = process.env.SAGE_DEEP === "1";
const records = deep ? 200_000 : 20_000;
const capacity = 1024;
/** Clients of the traffic: of the producer, the consumer, and the runtime. */
const clients = 3;
const heartbeatMs = 200;

let lab: WsLab;

afterEach(() => lab.stop());

/** Begins traffic of which chance decides the sizes. */
async function begin(random: SeededRandom, bytes: number, heartbeatMs = 8000): Promise<Traffic> {
  lab = await WsLab.start({ heartbeatMs });
  const client = { heartbeatMs, maxPauseMs: 100 };
  return Traffic.start(lab, { records, bytes, capacity, random, client });
}

/** Fails unless all came once and in order, within bounds, and nobody broke the protocol. */
async function expectAll(traffic: Traffic, bytes: number, expected: readonly string[] = []): Promise<void> {
  await traffic.end();
  expect(traffic.taken).toBe(records);
  expect(traffic.answered).toBeGreaterThanOrEqual(leastCalls);
  expect(traffic.mostRecords).toBeLessThanOrEqual(capacity);
  const most = capacity * (bytes + 32) + 64 * 1024; // what there is credit for, and calls
  expect(traffic.most.client.kept).toBeLessThan(most);
  expect(traffic.most.hub.kept).toBeLessThan(most);
  expect([...lab.hub.faults.keys()].filter((reason) => !expected.includes(reason))).toEqual([]);
}

test("records and calls arrive once and in order in pieces of 1 to 7 bytes", async () => {
  const random = new SeededRandom(1);
  const traffic = await begin(random, 0);
  lab.proxy.pieceBytes = () => 1 + random.integer(7);
  await expectAll(traffic, 0);
  expect(lab.proxy.connections).toBe(clients);
});

test("records and calls arrive once and in order over a network of 2 MB in a second", async () => {
  const [bytes, bytesPerSecond] = [100, 2_000_000];
  const traffic = await begin(new SeededRandom(2), bytes);
  const [began, before] = [performance.now(), traffic.taken];
  lab.proxy.bytesPerSecond = bytesPerSecond;
  await expectAll(traffic, bytes);
  const least = (1000 * (records - before - 2 * capacity) * bytes) / bytesPerSecond;
  expect(performance.now() - began).toBeGreaterThan(least); // it was that slow
  expect(lab.proxy.connections).toBe(clients);
});

test("records and calls arrive once and in order where the network stands still, and nothing is given up before its time", async () => {
  const traffic = await begin(new SeededRandom(3), 0);
  for (let stall = 1; stall <= 8; stall++) {
    await traffic.reaches((stall / 10) * records);
    expect(traffic.over).toBe(false);
    await traffic.stallFor(2000);
  }
  await expectAll(traffic, 0);
  expect(lab.proxy.connections).toBe(clients);
});

test("records and calls arrive once and in order where the network stands still until connections are given up", async () => {
  const traffic = await begin(new SeededRandom(4), 0, heartbeatMs);
  const stalls = 3;
  for (let stall = 1; stall <= stalls; stall++) {
    await traffic.reaches((stall / 5) * records);
    expect(traffic.over).toBe(false);
    await traffic.stallUntilFound();
  }
  await expectAll(traffic, 0, ["takenOver"]);
  expect(lab.proxy.connections).toBeGreaterThanOrEqual(clients * (1 + stalls)); // all were found each time
});

test.each(deep ? [1, 2, 3, 4, 5] : [1])(
  "records and calls arrive once and in order whatever the network does next (seed %i)",
  async (seed) => {
    const [random, sizes] = [new SeededRandom(seed), new SeededRandom(seed)];
    const traffic = await begin(sizes, 0, heartbeatMs);
    const set = (faults: Partial<Pick<FaultyProxy, "pieceBytes" | "bytesPerSecond">>) =>
      Object.assign(lab.proxy, faults);
    const faults = [
      () => traffic.reset(),
      () => traffic.stallFor(random.integer(1000)),
      () => traffic.stallUntilFound(),
      () => set({ pieceBytes: () => 1 + sizes.integer(7) }),
      () => set({ pieceBytes: undefined }),
      () => set({ bytesPerSecond: 200_000 + random.integer(2_000_000) }),
      () => set({ bytesPerSecond: undefined }),
    ];
    let steps = 0;
    for (let at = 0; !traffic.over; at += random.integer(records / 15)) {
      await traffic.reaches(at);
      const next = steps < faults.length ? steps : random.integer(faults.length); // each is there
      await faults[next]?.();
      steps++;
    }
    await expectAll(traffic, 0, ["takenOver"]);
    expect(steps).toBeGreaterThan(faults.length);
    expect(lab.proxy.connections).toBeGreaterThanOrEqual(3 * clients);
  },
);
