import { BatchCodec } from "@sage-kernel/codec";
import { Batch, type CommitScope, QueueDescriptor, TaskLedger, type UnitOfWork } from "@sage-kernel/core/spi";
import { expect, onTestFinished, test } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";
import type { ClientOptions } from "./node/hub-options.ts";

/** 400 kB, of which a part is no plain JSON. */
const records = Array.from({ length: 4000 }, (_, n) => ({ n, at: new Date(n), text: "x".repeat(60) }));
const id = "job/q#0";

test.each(["msgpack", "json"] as const)(
  "what takes several frames arrives as it was, put or committed, where records are written as %s",
  async (codec: NonNullable<ClientOptions["codec"]>) => {
    const lab = await WsLab.start({ codec });
    onTestFinished(() => lab.stop());
    const { driver, stores } = lab.process(lab.client(), codec);
    const queue = await driver.open(new QueueDescriptor({ kind: "ws", id, capacity: 10_000 }));
    await queue.put(new Batch(0, 0, records));
    const store = stores.create("job");
    await store.begin?.({ version: 1, pipeline: "p", steps: {}, tasks: [], edges: [], queues: {} });
    const deadLetters = { write: () => undefined };
    const commit = await store.open({ node: "a#0", input: queue, deadLetters } as unknown as CommitScope);
    const unit = {
      ...{ epoch: commit.epoch, sequence: 1, attempt: 1, position: undefined, handedOut: 0, finished: false },
      ...{
        consumed: [],
        ahead: [],
        deadLetters: [],
        collected: records,
        state: [],
        ledger: new TaskLedger(),
      },
      outputs: [{ queue, batch: new Batch(1, 0, records) }],
    } as unknown as UnitOfWork;
    expect(new BatchCodec(codec).encode(new Batch(0, 0, records)).length).toBeGreaterThan(256 * 1024);
    expect(await commit.commit(unit)).toMatchObject({ code: "applied" });

    const reader = await lab.process(lab.client(), codec).driver.open(queue.descriptor);
    const came: unknown[] = [];
    while (came.length < 2 * records.length) {
      const { batches, position } = await reader.take(1000);
      came.push(...batches.flatMap(({ payloads }) => payloads));
      await reader.advance(position);
    }
    expect(came).toEqual([...records, ...records]);
    expect([...lab.hub.faults]).toEqual([]);
  },
);
