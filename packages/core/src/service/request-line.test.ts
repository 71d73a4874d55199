import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { type Message, requestWay } from "../../test-support/request-way.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1500 : 150 });

const plans = fc.array(
  fc.tuple(
    fc.constantFrom("push", "push", "push", "withdraw", "take", "run", "run", "turn", "other", "ways"),
    fc.nat(1000),
    fc.boolean(),
  ),
  { maxLength: 80, size: "max" },
);

async function follow(
  { push, withdraw, take, run, disturb, direct }: ReturnType<typeof requestWay>,
  plan: readonly (readonly [string, number, boolean])[],
): Promise<void> {
  for (const [action, n, flag] of plan) {
    if (action === "push") push(flag);
    else if (action === "withdraw") withdraw(n);
    else if (action === "take") await take(1 + (n % 4));
    else if (action === "run") run();
    else if (action === "turn") await tick();
    else if (action === "ways") direct.open = flag;
    else disturb();
  }
}

const numberOf = ({ message }: Message) => message;

describe("a line of messages into a queue", () => {
  test("loses none, doubles none, keeps their order, and sends none that was withdrawn before", () =>
    fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 5 }), async (plan, capacity) => {
        const world = requestWay(capacity);
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
          const world = requestWay(capacity);
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
    const { push, run, finish, queue, taken } = requestWay(100);
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

  test("hands over past an empty queue as many as its reader takes, and puts those behind them", async () => {
    const { push, run, finish, queue, taken, direct, pushed } = requestWay(100);
    direct.open = true;
    for (let i = 0; i < 3; i++) push();
    (pushed[1] as Message).settled = true;
    run();
    expect([taken, direct.read, queue.size(), pushed.map(({ sent }) => sent)]).toEqual([
      [0, 2],
      2,
      0,
      [true, false, true],
    ]);

    direct.open = false;
    push();
    run();
    direct.open = true;
    push();
    run();
    expect([direct.read, queue.size()]).toEqual([2, 2]);
    await finish();

    push();
    run();
    expect([taken, direct.read]).toEqual([[0, 2, 3, 4, 5], 3]);
  });

  test("hands over no more in one turn than the queue would hold, refuses what does not wait, and goes on with the rest", () => {
    const { push, run, taken, refused, direct, line } = requestWay(3);
    direct.open = true;
    for (const rejects of [false, true, false, true, false, true, false]) push(rejects);
    run();
    expect([taken, refused.map(numberOf), line.length]).toEqual([[0, 1, 2], [3, 5], 2]);
    run();
    expect([taken, line.length]).toEqual([[0, 1, 2, 4, 6], 0]);
  });

  test("keeps what finds no room where it can still be withdrawn", async () => {
    const { push, run, finish, queue, line, taken, pushed } = requestWay(2);
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
    const { push, run, finish, refused, taken, pushed } = requestWay(2);
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
    const { push, run, finish, queue, refused, taken } = requestWay(1, () => void push());
    for (const rejects of [false, true, false, false]) push(rejects);
    run();
    run();
    expect(queue.mostWaiting).toBe(1);
    await finish();

    expect([refused.map(numberOf), taken, queue.mostWaiting]).toEqual([[1], [0, 2, 3, 4], 1]);
  });

  test("goes on after a put that has failed", async () => {
    const { push, run, finish, queue, failed, taken } = requestWay(1);
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
    const { push, withdraw, finish, pushed, taken, line } = requestWay(64);
    for (let i = 0; i < 5000; i++) push();
    for (let i = 0; i < 50; i++) withdraw(100 * i);
    await finish();

    expect([taken, line.length]).toEqual([pushed.filter(({ settled }) => !settled).map(numberOf), 0]);
  });
});
