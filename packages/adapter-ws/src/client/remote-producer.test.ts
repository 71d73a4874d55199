import { BatchCodec } from "@sage-kernel/codec";
import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { DialledHub } from "../../test-support/dialled-hub.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { encodeNumbers } from "../wire/numbers.ts";
import { RemoteProducer } from "./remote-producer.ts";

const [mib, link] = [1024 * 1024, 1];

test("a producer that had too much under way goes on when half of it has arrived, although others always send", async () => {
  const hub = new DialledHub();
  hub.welcome("one");
  const { endpoint } = hub.client.session;
  const producer = new RemoteProducer({
    ...{ client: hub.client, codec: new BatchCodec(), link: () => link },
    descriptor: new QueueDescriptor({ kind: "ws", id: "q", capacity: 10_000 }),
  });
  producer.opened();
  hub.client.session.addLink(link, {
    onFrame: (type, body) => void producer.onFrame(type, body),
    onConnection: () => undefined,
    onLost: () => undefined,
  });
  hub.say({ type: frameTypes.grant, body: encodeNumbers([link, 10_000, 100 * mib]) });
  const record = new Batch(0, 0, ["x".repeat(4000)]);
  while (producer.offer(record));
  expect(endpoint.backlog).toBeGreaterThanOrEqual(8 * mib);
  let put = false;
  const waiting = producer.put(record).then(() => {
    put = true;
  });

  for (let arrived = 100; !put && arrived < endpoint.sent; arrived += 100) {
    endpoint.send(frameTypes.commit, new Uint8Array(10)); // somebody else's
    await hub.turn();
    hub.has(arrived);
    await hub.turn();
    expect([put, endpoint.backlog]).toEqual([endpoint.backlog < 4 * mib + 5000, expect.any(Number)]);
  }
  expect([put, endpoint.backlog > 3 * mib]).toEqual([true, true]);
  await waiting;
});
