import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { beforeEach, expect, test } from "vitest";
import { PlainClock } from "../../test-support/plain-clock.ts";
import { turnScheduler } from "../node/turn-scheduler.ts";
import { HubProducer } from "./hub-producer.ts";
import { HubQueue } from "./hub-queue.ts";

const capacity = 4;
const maxBytes = 1000;
let clock: PlainClock;
let queue: HubQueue;

beforeEach(() => {
  clock = new PlainClock();
  queue = new HubQueue({
    descriptor: new QueueDescriptor({ kind: "ws", id: "q", capacity, options: { maxBytes } }),
    scheduler: turnScheduler,
    onIdle: () => undefined,
    onUnused: () => undefined,
    mayClose: () => true,
    checkCalls: () => undefined,
  });
});

/** A producer, what it was granted in all, and how often it was asked for what it does not use. */
function joined() {
  const seen = { granted: [0, 0], recalls: 0 };
  const producer = new HubProducer(queue, {
    grant: (records, bytes) => {
      seen.granted = [records, bytes];
    },
    connected: true,
    recall: () => seen.recalls++,
    closed: () => undefined,
    setTimer: (delayMs, run) => clock.setTimer(delayMs, run),
  });
  queue.addProducer(producer);
  return { producer, seen };
}

const sent = (count: number): Batch => new Batch(0, 0, Array(count).fill("r"));

async function takeAll(): Promise<void> {
  const { position } = await queue.take(100);
  queue.advance(position);
  await Promise.resolve(); // those in line ask for more behind that
}

test("what a producer wants beyond what the queue holds it is given as it sends", async () => {
  const { producer, seen } = joined();
  producer.onWant(10, 2500);
  expect(seen.granted).toEqual([capacity, maxBytes]);
  producer.onData(sent(4), 1000);
  expect(seen.granted).toEqual([capacity, maxBytes]);
  await takeAll();
  expect(seen.granted).toEqual([8, 2000]);
  producer.onData(sent(4), 1000);
  await takeAll();
  expect(seen.granted[0]).toBeGreaterThanOrEqual(10);
  expect(seen.granted[1]).toBeGreaterThanOrEqual(2500);
});

test("a producer that wants more and more keeps nothing of it, and leaves at once", async () => {
  const [first, other] = [joined(), joined()];
  first.producer.onWant(4, 1000);
  first.producer.onData(sent(4), 1000);
  for (let n = 1; n <= 50_000; n++) other.producer.onWant(4 * n, 1000 * n);
  const began = performance.now();
  queue.removeProducer(other.producer);
  expect(performance.now() - began).toBeLessThan(100); // each place in line would be looked for among all
  expect(queue.crowded).toBe(false);
});

test("producers that each have a part of what the other one needs both come to an end", async () => {
  const [one, two] = [joined(), joined()];
  one.producer.onWant(2, 600);
  two.producer.onWant(2, 400);
  two.producer.onWant(4, 800);
  one.producer.onWant(4, 900);
  expect([one.seen.recalls, two.seen.recalls]).toEqual([1, 1]);
  one.producer.onGiveBack(2, 600);
  expect(two.seen.granted).toEqual([4, 800]);
  two.producer.onData(sent(4), 800);
  one.producer.onWant(6, 1500);
  await takeAll();
  expect(one.seen.granted).toEqual([6, 1500]);
});

test("who waits for credit of others waits for what they had then, and not for what they are given meanwhile", async () => {
  const [holder, asking, third] = [joined(), joined(), joined()];
  holder.producer.onWant(4, 1000);
  let done = false;
  const asked = asking.producer.onWantNow(1, 10).then(() => {
    done = true;
  });
  await Promise.resolve();
  expect([holder.seen.recalls, done]).toEqual([1, false]);
  holder.producer.onWant(8, 2000); // behind what it gives back
  holder.producer.onGiveBack(4, 1000);
  third.producer.onWant(4, 1000); // for which it is asked again
  expect(holder.seen.recalls).toBe(2);
  await asked;
});
