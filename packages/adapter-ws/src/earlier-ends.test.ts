import { readFileSync } from "node:fs";
import { Batch, type Delivery, QueueDescriptor } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { framesOf, TalkingClient, TalkingHub } from "../test-support/still-network.ts";

/** A conversation in version 1 as it was recorded: messages in hexadecimal digits, in their order. */
interface Spoken {
  readonly from: "client" | "hub";
  readonly message: string;
}

const file = new URL("../test-support/spoken-in-version-1.json", import.meta.url);
const descriptor = new QueueDescriptor({ kind: "ws", id: "job/q", capacity: 10 });
const sent = [{ city: "Ghent", n: 1 }, "two", [3, null], new Date(4)];
const bytes = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"));
const digits = (message: Uint8Array): string => Buffer.from(message).toString("hex");

/** What the client does: it puts four records, takes them, is done with three, and asks how many there are. */
async function work({ driver }: TalkingClient): Promise<{ records: unknown[]; size: number }> {
  const queue = await driver.open(descriptor);
  await queue.put(
    new Batch(7, 0, sent, ["a", "b", 3, null], [undefined, { trace: "t" }, undefined, undefined]),
  );
  await queue.put(new Batch(7, 4, [], undefined, undefined, { source: "map#0", time: 5 }));
  const records: unknown[] = [];
  let last: Delivery | undefined;
  while (records.length < 4) {
    last = await queue.take(10);
    records.push(...last.batches.flatMap(({ payloads }) => payloads));
  }
  queue.advance(queue.positionAfter(last as Delivery, 3));
  return { records, size: await queue.size() };
}

/** The conversation of both ends of now. */
async function speak(): Promise<Spoken[]> {
  const [hub, client] = [new TalkingHub(), new TalkingClient()];
  const spoken: Spoken[] = [];
  let over = false;
  void work(client).then(() => {
    over = true;
  });
  await client.later.run();
  for (let toHub = client.messages.splice(0); !over; ) {
    if (toHub.length === 0) throw new Error(`nothing more is said behind ${JSON.stringify(spoken)}`);
    const toClient: Uint8Array[] = [];
    for (const message of toHub) {
      spoken.push({ from: "client", message: digits(message) });
      toClient.push(...(await hub.take(message)));
    }
    toHub = [];
    for (const message of toClient) {
      spoken.push({ from: "hub", message: digits(message) });
      toHub.push(...(await client.take(message)));
    }
  }
  return spoken;
}

/** All frames that one end has sent. */
const said = (spoken: readonly Spoken[], from: Spoken["from"]): string[] =>
  spoken.filter((each) => each.from === from).flatMap(({ message }) => framesOf(bytes(message)));

const recorded = JSON.parse(readFileSync(file, "utf8")) as Spoken[];

test("both ends of now say in version 1 what was said before", async () => {
  expect(await speak()).toEqual(recorded);
});

test("a client of version 1 from before is understood, and told what it was told then", async () => {
  const hub = new TalkingHub();
  const answers: string[] = [];
  for (const { from, message } of recorded)
    if (from === "client") answers.push(...(await hub.take(bytes(message))).flatMap(framesOf));

  expect(answers).toEqual(said(recorded, "hub"));
  const queue = hub.made.queues.find("job/q");
  expect(queue?.size()).toBe(1);
});

test("a hub of version 1 from before is understood, and told what it was told then", async () => {
  const client = new TalkingClient();
  let result: { records: unknown[]; size: number } | undefined;
  void work(client).then((done) => {
    result = done;
  });
  await client.later.run();
  const told = client.messages.splice(0).flatMap(framesOf);
  for (const { from, message } of recorded)
    if (from === "hub") told.push(...(await client.take(bytes(message))).flatMap(framesOf));

  expect(result).toEqual({ records: sent, size: 1 });
  expect(told).toEqual(said(recorded, "client"));
});
