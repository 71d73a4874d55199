import { createConnection, createServer } from "node:net";
import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, onTestFinished, test } from "vitest";
import { wsQueues } from "./node/ws.ts";
import { WsHub } from "./node/ws-hub.ts";

/** What a hub sends over the connections that go this way. */
async function overheard(hub: WsHub) {
  const heard: Buffer[] = [];
  const server = createServer((client) => {
    const there = createConnection({ host: "127.0.0.1", port: Number(new URL(hub.url).port) });
    there.on("data", (bytes) => heard.push(bytes));
    for (const socket of [client, there]) socket.on("error", () => undefined);
    client.pipe(there).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `ws://127.0.0.1:${port}`, text: () => Buffer.concat(heard).toString("latin1") };
}

test.each([
  ["json", true],
  ["msgpack", false],
] as const)(
  "a hub writes records as %s, and reads what clients write in either way",
  async (codec, readable) => {
    const hub = await WsHub.listen({ codec });
    const way = await overheard(hub);
    const [one, two, reader] = [
      wsQueues({ url: hub.url, codec: "json" }),
      wsQueues({ url: hub.url }),
      wsQueues({ url: way.url, codec }),
    ];
    onTestFinished(async () => {
      for (const { close } of [one, two, reader]) await close();
      await hub.close();
    });
    const descriptor = new QueueDescriptor({ kind: "ws", id: "records", capacity: 10 });
    const records = [{ city: "Ghent" }, { city: "Lille" }];
    for (const [i, { driver }] of [one, two].entries())
      await (await driver.open(descriptor)).put(new Batch(i, 0, records));
    const queue = await reader.driver.open(descriptor);
    const came: unknown[] = [];
    while (came.length < 4) {
      const { batches, position } = await queue.take(4);
      came.push(...batches.flatMap(({ payloads }) => payloads));
      await queue.advance(position);
    }

    expect(came).toEqual([...records, ...records]);
    expect(way.text().includes('[{"city":"Ghent"}')).toBe(readable);
  },
);
