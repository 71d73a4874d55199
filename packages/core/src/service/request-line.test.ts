import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import type { Runnable } from "../host/scheduler.port.ts";
import { Batch } from "../packet/batch.ts";
import { RequestLine, type Waiting } from "./request-line.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1500 : 150 });

class Message implements Waiting {
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
function setUp(capacity: number, onRefused: () => void = () => undefined) {
  const queue = new Way(capacity);
  const steps: Runnable[] = [];
  const pushed: Message[] = [];
  const refused: Message[] = [];
  const failed: { readonly message: Message; readonly error: unknown }[] = [];
  /** What has come out of the queue, without what is somebody else's. */
  const taken: unknown[] = [];
  const line = new RequestLine<Message>({
    queue,
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
  return { queue, line, push, take, disturb, run, withdraw, finish, steps, pushed, refused, failed, taken };
}

const plans = fc.array(
  fc.tuple(
    fc.constantFrom("push", "push", "push", "withdraw", "take", "run", "run", "turn", "other"),
    fc.nat(1000),
    fc.boolean(),
  ),
  { maxLength: 80, size: "max" },
);

async function follow(
  { push, withdraw, take, run, disturb }: ReturnType<typeof setUp>,
  plan: readonly (readonly [string, number, boolean])[],
): Promise<void> {
  for (const [action, n, flag] of plan) {
    if (action === "push") push(flag);
    else if (action === "withdraw") withdraw(n);
    else if (action === "take") await take(1 + (n % 4));
    else if (action === "run") run();
    else if (action === "turn") await tick();
    else disturb();
  }
}

const numberOf = ({ message }: Message) => message;

describe("a line of messages into a queue", () => {
  test("loses none, doubles none, keeps their order, and sends none that was withdrawn before", () =>
    fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 5 }), async (plan, capacity) => {
        const world = setUp(capacity);
        await follow(world, plan);
        await world.finish();

        const { pushed, refused, failed, taken, queue, line } = world;
        const sent = pushed.filter((message) => !message.settled && !refused.includes(message));
        expect(taken).toEqual(sent.map(numberOf));
        expect(pushed.filter((message) => message.sent)).toEqual(sent);
        expect(refused.filter(({ rejects, settled }) => !rejects || settled)).toEqual([]);
        expect(refused).toEqual([...new Set(refused)]);
        expect([failed, line.length]).toEqual([[], 0]);
        expect(queue.mostWaiting).toBeLessThanOrEqual(1);
      }),
    ));

  test("tells of each message once that a failed queue has not taken in, and of no other", () =>
    fc.assert(
      fc.asyncProperty(
        plans,
        plans,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("close", "throw", "reject"),
        async (before, after, capacity, how) => {
          const world = setUp(capacity);
          await follow(world, before);
          const { queue, pushed, refused, failed, taken } = world;
          const error = new Error("broken");
          if (how === "close") queue.close();
          else queue.failure = { error, later: how === "reject" };
          await follow(
            world,
            after.filter(([action]) => action !== "other"),
          );
          await world.finish();

          const told = failed.filter(({ message }) => !message.settled).map(({ message }) => message);
          const ends = [...told.map(numberOf), ...refused.map(numberOf)];
          expect(ends).toEqual([...new Set(ends)]);
          expect(ends.filter((each) => taken.includes(each))).toEqual([]);
          const rest = pushed.filter(
            ({ message, settled }) => !settled && !ends.includes(message) && !taken.includes(message),
          );
          expect([rest, [...taken]]).toEqual([[], [...new Set(taken)].sort((a, b) => Number(a) - Number(b))]);
          for (const each of failed) {
            expect(each.error).toEqual(
              how === "close" ? expect.objectContaining({ code: "QUEUE_CLOSED" }) : error,
            );
          }
        },
      ),
    ));

  test("sends those of one turn together, numbered one after another", async () => {
    const { push, run, finish, queue, taken } = setUp(100);
    for (let i = 0; i < 3; i++) push();
    expect(queue.size()).toBe(0);
    run();
    for (let i = 0; i < 2; i++) push();
    await finish();

    expect(queue.batches.map(({ firstSeq, payloads }) => [firstSeq, payloads])).toEqual([
      [0, [0, 1, 2]],
      [3, [3, 4]],
    ]);
    expect(taken).toEqual([0, 1, 2, 3, 4]);
  });

  test("keeps what finds no room where it can still be withdrawn", async () => {
    const { push, run, finish, queue, line, taken, pushed } = setUp(2);
    for (let i = 0; i < 6; i++) push();
    run();
    expect([queue.size(), queue.waiting, line.length, pushed.map(({ sent }) => sent)]).toEqual([
      2,
      1,
      3,
      [true, true, true, false, false, false],
    ]);
    for (const i of [3, 5]) (pushed[i] as Message).settled = true;
    await finish();

    expect([taken, queue.mostWaiting]).toEqual([[0, 1, 2, 4], 1]);
  });

  test("lets those wait that want to, and refuses the others, when there is no room", async () => {
    const { push, run, finish, refused, taken, pushed } = setUp(2);
    for (const rejects of [true, true, true, false, true]) push(rejects);
    run();
    expect([refused.map(numberOf), pushed.map(({ sent }) => sent)]).toEqual([
      [2],
      [true, true, false, true, false],
    ]);
    await finish();

    expect([refused.map(numberOf), taken]).toEqual([[2], [0, 1, 3, 4]]);
  });

  test("takes what is pushed by who is told of a refusal, and puts no two at a time", async () => {
    const { push, run, finish, queue, refused, taken } = setUp(1, () => void push());
    for (const rejects of [false, true, false, false]) push(rejects);
    run();
    run();
    expect(queue.mostWaiting).toBe(1);
    await finish();

    expect([refused.map(numberOf), taken, queue.mostWaiting]).toEqual([[1], [0, 2, 3, 4], 1]);
  });

  test("goes on after a put that has failed", async () => {
    const { push, run, finish, queue, failed, taken } = setUp(1);
    queue.failure = { error: "no", later: true };
    push();
    run();
    queue.failure = undefined;
    await tick();
    push();
    await finish();

    expect([failed.map(({ message }) => message.message), taken]).toEqual([[0], [1]]);
  });

  test("sends thousands through a narrow queue in their order", async () => {
    const { push, withdraw, finish, pushed, taken, line } = setUp(64);
    for (let i = 0; i < 5000; i++) push();
    for (let i = 0; i < 50; i++) withdraw(100 * i);
    await finish();

    expect([taken, line.length]).toEqual([pushed.filter(({ settled }) => !settled).map(numberOf), 0]);
  });
});
