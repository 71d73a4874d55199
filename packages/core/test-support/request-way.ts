import { expect } from "vitest";
import type { Runnable } from "../src/host/scheduler.port.ts";
import { Batch } from "../src/packet/batch.ts";
import { RequestLine, type Waiting } from "../src/service/request-line.ts";
import { tick } from "./fake-host.ts";
import { FakeQueue } from "./fake-queue.ts";

/** A message that may be told not to wait. */
export class Message implements Waiting {
  settled = false;
  sent = false;
  readonly message: number;
  readonly rejects: boolean;

  constructor(message: number, rejects: boolean) {
    this.message = message;
    this.rejects = rejects;
  }
}

/** A bounded queue that can break, and knows how many of its puts wait. */
class Way extends FakeQueue {
  waiting = 0;
  mostWaiting = 0;
  readonly batches: Batch[] = [];
  failure: { readonly error: unknown; readonly later: boolean } | undefined;

  override offer(batch: Batch): boolean {
    if (this.failure !== undefined || !super.offer(batch)) return false;
    if (batch.channel === 0) this.batches.push(batch);
    return true;
  }

  override put(batch: Batch) {
    const { failure } = this;
    if (failure !== undefined) {
      if (failure.later) return Promise.reject(failure.error);
      throw failure.error;
    }
    const put = super.put(batch);
    if (put === undefined || batch.channel !== 0) return put;
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    return Promise.resolve(put).finally(() => void this.waiting--);
  }
}

/** A line into a queue, whose turns come when the test says so. */
export function requestWay(capacity: number, onRefused: () => void = () => undefined) {
  const queue = new Way(capacity);
  const steps: Runnable[] = [];
  const pushed: Message[] = [];
  const refused: Message[] = [];
  const failed: { readonly message: Message; readonly error: unknown }[] = [];
  /** What has come out of the queue, without what is somebody else's. */
  const taken: unknown[] = [];
  /** Whether messages may pass the queue by while it is empty, and how many have. */
  const direct = { open: false, read: 0 };
  const line = new RequestLine<Message>({
    queue,
    reader: {
      get ready() {
        return direct.open && queue.size() === 0;
      },
      read: (message) => {
        direct.read++;
        taken.push(message);
      },
    },
    host: { scheduler: { post: (step) => void steps.push(step), yield: tick } },
    refuses: (message) => {
      if (!message.rejects) return false;
      refused.push(message);
      onRefused();
      return true;
    },
    onFailed: (message, error) => void failed.push({ message, error }),
  });
  const push = (rejects = false): Message => {
    const message = new Message(pushed.length, rejects);
    pushed.push(message);
    line.push(message);
    return message;
  };
  const take = async (max = 1024) => {
    if (queue.size() === 0) return;
    const { batches, position } = await queue.take(max);
    for (const { channel, payloads } of batches) if (channel === 0) taken.push(...payloads);
    queue.advance(position);
  };
  /** Somebody else puts a message into the queue, or waits for room. */
  const disturb = () => {
    const put = queue.put(new Batch(1, 0, ["other"]));
    Promise.resolve(put).catch(() => undefined);
  };
  const run = () => {
    expect(steps.length).toBeLessThanOrEqual(1);
    steps.shift()?.run();
  };
  const withdraw = (n: number) => {
    const open = pushed.filter((message) => !message.sent && !message.settled && !isEnded(message));
    const message = open[n % open.length];
    if (message !== undefined) message.settled = true;
  };
  const isEnded = (message: Message) =>
    refused.includes(message) || failed.some((failure) => failure.message === message);
  /** Lets everything go its way to its end. */
  const finish = async () => {
    do {
      run();
      await tick();
      await take();
      await tick();
    } while (steps.length > 0 || queue.size() > 0);
  };
  return {
    queue,
    line,
    push,
    take,
    disturb,
    run,
    withdraw,
    finish,
    steps,
    pushed,
    refused,
    failed,
    taken,
    direct,
  };
}
