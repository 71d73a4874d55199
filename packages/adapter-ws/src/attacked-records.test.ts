import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { Batch, type Queue, QueueDescriptor, TaskLedger, type UnitOfWork } from "@sage-kernel/core/spi";
import { describe, expect, onTestFinished, test } from "vitest";
import { AttackedHub, workerToken } from "../test-support/attacked-hub.ts";
import { RemoteQueueDriver } from "./client/remote-queue-driver.ts";
import { WsProcess } from "./client/ws-process.ts";
import { clientSchema } from "./node/hub-options.ts";
import { nodeClock } from "./node/node-host.ts";
import { openClient, wsStores } from "./node/ws.ts";

const attacked = new AttackedHub();
const mib = 1024 * 1024;
const records = new BatchCodec();
const calls = new CallCodec(nodeClock, records);
const tooLarge = { code: "INVALID_OPTION", details: { path: "payload" } };

/** A proper process at the hub. */
function joined() {
  const client = openClient(clientSchema.parse({ url: attacked.hub.url, token: workerToken }));
  onTestFinished(() => client.close());
  const process = new WsProcess();
  const driver = new RemoteQueueDriver(client, records, calls, process);
  return { driver, stores: wsStores(client, process) };
}

const described = (id: string, options = {}): QueueDescriptor =>
  new QueueDescriptor({ kind: "ws", id, capacity: 100, options });

/** So many records, as they come. */
async function taken(queue: Queue, count: number): Promise<unknown[]> {
  const all: unknown[] = [];
  while (all.length < count) {
    const { batches, position } = await queue.take(count);
    all.push(...batches.flatMap(({ payloads }) => payloads));
    await queue.advance(position);
  }
  return all;
}

describe("a record that is larger than any reader can be sent", () => {
  test("is told to its reader, behind all that comes before it, when the hub's own process has put it", async () => {
    const inside = await attacked.hub.queues.open(described("in"));
    await inside.put(new Batch(0, 0, ["a", "b", "x".repeat(2 * mib), "c"]));
    const queue = await joined().driver.open(described("in"));
    expect(await taken(queue, 2)).toEqual(["a", "b"]);
    await expect(async () => queue.take(1)).rejects.toMatchObject(tooLarge);
    await queue.rewind();
    await expect(async () => queue.take(1)).rejects.toMatchObject(tooLarge);
    expect(await queue.size()).toBe(2); // and nothing is lost
  });

  test("is refused to who puts it there for a service elsewhere", async () => {
    const mode = { mode: "call", control: 1 };
    const inside = await attacked.hub.queues.open(described("calls", mode));
    const queue = await joined().driver.open(described("calls", mode));
    const taking = taken(queue, 1);
    await queue.size(); // by now it reads
    const large = new Batch(0, 0, ["x".repeat(2 * mib)]);
    expect(inside.offer(large)).toBe(false);
    await expect(async () => inside.put(large)).rejects.toMatchObject(tooLarge);
    await inside.put(new Batch(0, 0, ["y"]));
    expect(await taking).toEqual(["y"]);
  });

  test("is refused to who commits it, and nothing of the commit is done", async () => {
    const { driver, stores } = joined();
    const queue = await driver.open(described("out"));
    const store = stores.create("job");
    await store.begin?.({} as never);
    const node = "task#0";
    const input = { advance: () => undefined };
    const commit = await store.open({ node, input, deadLetters: { write: () => undefined } });
    const unit = (payloads: unknown[]): UnitOfWork => ({
      ...{ epoch: commit.epoch, sequence: 1, attempt: 1, position: undefined, handedOut: 0, finished: false },
      ...{ consumed: [], ahead: [], deadLetters: [], collected: [], state: [], ledger: new TaskLedger() },
      outputs: [{ queue, batch: new Batch(0, 0, payloads) } as never],
    });
    const many = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(mib / 20)}`);
    await expect(commit.commit(unit([...many, "x".repeat(mib)]))).rejects.toMatchObject(tooLarge);
    expect(await queue.size()).toBe(0);
    expect(await commit.commit(unit(many))).toMatchObject({ code: "applied" }); // a large unit of small ones
    expect(await taken(queue, 40)).toEqual(many);
  });
});

test("any record that may be put arrives, however large the hub's options allow it to be", async () => {
  await attacked.listen({ maxFrameBytes: 12 * mib });
  const [writer, reader] = [joined(), joined()];
  const queue = await reader.driver.open(described("large", { maxBytes: 64 * mib }));
  const first = queue.take(1); // reads before it can know of the hub's options
  const from = await writer.driver.open(described("large", { maxBytes: 64 * mib }));
  const large = Array.from({ length: 5 }, (_, i) => `${i}${"x".repeat(11 * mib)}`);
  const puts = large.map((each, i) => from.put(new Batch(0, i, [each])));
  const { batches, position } = await first;
  await queue.advance(position);
  const rest = await taken(queue, 4);
  await Promise.all(puts);
  expect(
    [...batches.flatMap(({ payloads }) => payloads), ...rest].map((each) => String(each).length),
  ).toEqual(large.map(({ length }) => length));
});
