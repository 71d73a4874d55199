import { Batch, callQueueOptions, type Delivery, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";

let lab: WsLab;

beforeEach(async () => {
  lab = await WsLab.start();
});

afterEach(() => lab.stop());

const requests = new QueueDescriptor({ kind: "ws", id: "requests", capacity: 10, options: callQueueOptions });
const message = (seq: number): Batch => new Batch(0, seq, [`message ${seq}`]);
const payloads = ({ batches }: Delivery): unknown[] => batches.flatMap((batch) => batch.payloads);

describe("messages of a service in the hub's own process", () => {
  test("are for another process behind what was read here, and for this one again", async () => {
    const here = await lab.hub.queues.open(requests);
    const there = await lab.driver().open(requests);
    await here.put(message(0));
    const first = await here.take(5);
    expect(payloads(first)).toEqual(["message 0"]);
    const waiting = here.take(5);
    await here.stopReading?.();
    expect(await waiting).toMatchObject({ batches: [], done: true });
    await here.put(message(1));
    expect(await here.take(5)).toMatchObject({ batches: [], done: true });
    const second = await there.take(5);
    expect(payloads(second)).toEqual(["message 1"]);
    await here.advance(first.position);
    await there.advance(second.position);
    await there.stopReading();
    await here.put(message(2));
    expect(payloads(await here.take(5))).toEqual(["message 2"]);
  });

  test("may have been lost where another process has read some and did not say that they are done", async () => {
    let doubts = 0;
    const here = await lab.hub.queues.open(requests);
    const stop = here.onDoubt?.(() => doubts++);
    const client = lab.client();
    const there = await lab.driver(client).open(requests);
    await here.put(message(0));
    const taken = await there.take(5);
    await there.advance(taken.position);
    await there.stopReading();
    await here.put(message(1));
    const own = await here.take(5);
    expect(doubts).toBe(0);
    await here.advance(own.position);

    there.rewind();
    const waiting = there.take(5);
    await there.size(); // by now it reads
    await here.put(message(2));
    expect(payloads(await waiting)).toEqual(["message 2"]);
    client.abandon();
    const next = here.take(5);
    expect(doubts).toBe(1);
    await here.put(message(3));
    expect(payloads(await next)).toEqual(["message 3"]);
    expect(doubts).toBe(1);
    stop?.();
  });
});
