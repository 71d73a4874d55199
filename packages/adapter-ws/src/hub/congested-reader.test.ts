import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { TalkingHub } from "../../test-support/still-network.ts";
import { frameTypes, isOfConnection } from "../wire/frame-type.ts";
import { encodeJson } from "../wire/json-body.ts";
import { decodeMessage, encodeMessage, type Frame } from "../wire/message.ts";
import { encodeNumbers } from "../wire/numbers.ts";

const records = 30;

test("a reader whose client has much under way goes on when half of it has arrived, whatever else is sent to that client", async () => {
  const hub = new TalkingHub({ maxBacklogBytes: 64 * 1024 });
  let [said, heard, delivered, most] = [0, 0, 0, 0];
  /** Says something; all that was heard has arrived but the last frame: something is always under way. */
  const say = async (...frames: Frame[]): Promise<void> => {
    const numbered = frames.filter(({ type }) => !isOfConnection(type)).length;
    const message = { received: Math.max(0, heard - 1), first: numbered === 0 ? 0 : said + 1, frames };
    said += numbered;
    for (const answer of await hub.take(encodeMessage(message))) {
      for (const { type } of decodeMessage(answer).frames) {
        if (!isOfConnection(type)) heard++;
        if (type === frameTypes.deliver) delivered++;
      }
    }
    most = Math.max(most, hub.made.hub.backlog.kept);
  };
  const ask = (id: number, operation: string, args: object): Frame => ({
    type: frameTypes.request,
    body: encodeJson([id, operation, args]),
  });
  const descriptor = new QueueDescriptor({ kind: "ws", id: "q", capacity: 100 });
  const inside = await hub.made.queues.open(descriptor);
  for (let n = 0; n < records; n++) await inside.put(new Batch(n, 0, ["x".repeat(4096)]));
  await say({ type: frameTypes.hello, body: encodeJson({ versions: [1], received: 0 }) });
  await say(ask(1, "open", { link: 1, descriptor: descriptor.toJSON() }));
  await say({ type: frameTypes.read, body: encodeNumbers([1, 1, 1000, 4 * 1024 * 1024]) });
  expect(delivered).toBeLessThan(records);
  for (let id = 2; delivered < records && id < 100; id++) await say(ask(id, "size", { link: 1 }));

  expect(delivered).toBe(records);
  expect(most).toBeLessThan(32 * 1024);
  expect([...hub.made.hub.faults]).toEqual([]);
});
