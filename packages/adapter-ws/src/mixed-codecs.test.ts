import { BatchCodec, CallCodec, type RecordFormat } from "@sage-kernel/codec";
import {
  Batch,
  callQueueOptions,
  type Queue,
  QueueDescriptor,
  type StateStore,
  TaskLedger,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import { describe, expect, onTestFinished, test } from "vitest";
import { RemoteQueueDriver } from "./client/remote-queue-driver.ts";
import { WsProcess } from "./client/ws-process.ts";
import { clientSchema } from "./node/hub-options.ts";
import { nodeClock } from "./node/node-host.ts";
import { openClient, wsStores } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

/** Each fits a frame of 1 MiB only as its client writes it. */
const cases = [
  ["json", "msgpack", "\u0001".repeat(400_000)],
  ["msgpack", "json", Array.from({ length: 200_000 }, () => 0.5)],
] as const;
const described = (options = {}) => new QueueDescriptor({ kind: "ws", id: "records", capacity: 10, options });

/** Processes of their own at a hub, which write records in their way. */
async function joined(atHub: RecordFormat, codec: RecordFormat) {
  const hub = await WsHub.listen({ codec: atHub });
  onTestFinished(() => hub.close());
  const join = () => {
    const client = openClient(clientSchema.parse({ url: hub.url, codec }));
    onTestFinished(() => client.close());
    const records = new BatchCodec(codec);
    const process = new WsProcess();
    const driver = new RemoteQueueDriver(client, records, new CallCodec(nodeClock, records), process);
    return { driver, stores: wsStores(client, process, codec) };
  };
  return { hub, one: join(), two: join() };
}

async function taken(queue: Queue): Promise<unknown> {
  const { batches } = await queue.take(1);
  return batches.flatMap(({ payloads }) => payloads)[0];
}

describe.each(cases)("a hub that writes %s, with clients that write %s", (atHub, atClient, record) => {
  test("hands out every record that it has taken in", async () => {
    const { one, two, hub } = await joined(atHub, atClient);
    const [from, to] = [await one.driver.open(described()), await two.driver.open(described())];

    await from.put(new Batch(0, 0, [record]));
    expect(await taken(to)).toEqual(record);
    expect([...hub.faults]).toEqual([]);
  });

  test("hands out every message of a service that it has taken in", async () => {
    const { one, two, hub } = await joined(atHub, atClient);
    const calls = described(callQueueOptions);
    const [from, to] = [await one.driver.open(calls), await two.driver.open(calls)];

    const answer = { kind: "response", id: "a", ok: true, value: record, executionMs: 1 };
    await from.put(new Batch(0, 0, [answer]));
    expect(await taken(to)).toMatchObject({ id: "a", value: record });
    expect([...hub.faults]).toEqual([]);
  });

  test("hands out every record that it has taken in with a commit", async () => {
    const { one, two, hub } = await joined(atHub, atClient);
    const [queue, to] = [await one.driver.open(described()), await two.driver.open(described())];
    const store: StateStore = one.stores.create("job");
    await store.begin?.({} as never);
    const input = { advance: () => undefined };
    const commit = await store.open({ node: "t#0", input, deadLetters: { write: () => undefined } });
    const unit = {
      ...{ epoch: commit.epoch, sequence: 1, attempt: 1, position: undefined, handedOut: 0, finished: false },
      ...{ consumed: [], ahead: [], deadLetters: [], collected: [], state: [], ledger: new TaskLedger() },
      outputs: [{ queue, batch: new Batch(0, 0, [record, record, record]) }],
    } as unknown as UnitOfWork;

    expect(await commit.commit(unit)).toMatchObject({ code: "applied" });
    expect(await taken(to)).toEqual(record);
    expect([...hub.faults]).toEqual([]);
  });
});
