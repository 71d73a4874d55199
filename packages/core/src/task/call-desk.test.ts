import { describe, expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { hasCode } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { SeededRandom } from "../host/seeded-random.ts";
import { DriverRegistry } from "../queue/driver-registry.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { CallTable } from "../service/call-table.ts";
import { ServiceManager } from "../service/service-manager.ts";
import type { ServiceResponse } from "../service/service-message.ts";
import { CallDesk } from "./call-desk.ts";
import { ServedCall } from "./served-call.ts";

const replyTo: QueueDescriptorJson = { kind: "fake", id: "replies-1", capacity: 1024 };

const answerOf = (id: number): ServiceResponse => ({
  kind: "response",
  id,
  executionMs: 1,
  ok: true,
  value: `answer ${id}`,
});
const cancelOf = (id: number, deadline = 1000) => ({ kind: "cancel", id, replyTo, deadline }) as const;

/** The desk of one caller whose replies go where the test opens the way. */
function setUp(open: (queue: FakeQueue) => MaybePromise<Queue> = (queue) => queue) {
  const host = createHost();
  const queue = new FakeQueue(1024, replyTo.id);
  const opened: QueueDescriptorJson[] = [];
  const services = new ServiceManager({ host, drivers: new DriverRegistry([]) });
  const desk = new CallDesk(
    {
      host,
      services,
      id: "v#0",
      open(descriptor) {
        opened.push(descriptor);
        return open(queue);
      },
    },
    replyTo,
  );
  const deadlines = new CallTable<ServedCall>(host, () => undefined);
  const facts = {
    job: "job",
    service: "v",
    index: 0,
    log: host.logger,
    metrics: host.metrics,
    clock: host.clock,
  };
  const callOf = (id: number): ServedCall => {
    const request = { id, service: "v", method: "process", args: [], replyTo, deadline: 1000, chain: [] };
    return new ServedCall(
      { ...facts, random: new SeededRandom(1), services, address: "job/v", deadlines },
      { kind: "request", ...request },
      1000,
    );
  };
  const replies = async (): Promise<unknown[]> => {
    await host.scheduler.settled();
    if (queue.size() === 0) return [];
    const { batches, position } = await queue.take(1024);
    queue.advance(position);
    return batches.flatMap(({ payloads }) => payloads);
  };
  return { host, queue, desk, opened, callOf, replies };
}

describe("the desk of a caller", () => {
  test("opens the caller's queue with the first reply, once, and sends all in their order", async () => {
    const { desk, opened, replies } = setUp();
    expect(opened).toEqual([]);
    for (const id of [3, 1, 2]) desk.reply(answerOf(id));

    expect([await replies(), opened]).toEqual([[3, 1, 2].map(answerOf), [replyTo]]);
  });

  test("keeps the replies in their order that come while the queue opens", async () => {
    let open = (_: Queue): void => undefined;
    const opening = new Promise<Queue>((resolve) => {
      open = resolve;
    });
    const { desk, queue, opened, replies } = setUp(() => opening);
    for (const id of [1, 2]) desk.reply(answerOf(id));
    expect(await replies()).toEqual([]);
    open(queue);
    desk.reply(answerOf(3));
    expect(await replies()).toEqual([1, 2, 3].map(answerOf));

    desk.reply(answerOf(4));
    expect([await replies(), opened.length]).toEqual([[answerOf(4)], 1]);
  });

  test.each<[string, () => MaybePromise<Queue>]>([
    [
      "throws",
      () => {
        throw new Error("no way");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no way"))],
  ])(
    "gives replies up whose queue cannot be opened, says so, and tries again with the next: it %s",
    async (_, fail) => {
      const ways = [fail];
      const { desk, host, opened, replies } = setUp((queue) => ways.shift()?.() ?? queue);
      desk.reply(answerOf(1));
      expect(await replies()).toEqual([]);
      expect(host.lines).toMatchObject([
        { level: "warn", message: 'A reply of "v#0" could not be sent: Error: no way' },
      ]);

      desk.reply(answerOf(2));
      expect([await replies(), opened.length, host.lines.length]).toEqual([[answerOf(2)], 2, 1]);
    },
  );

  test("says of each reply that its closed queue has not taken", async () => {
    const { desk, queue, host, replies } = setUp();
    desk.reply(answerOf(1));
    await replies();
    queue.close();
    for (const id of [2, 3]) desk.reply(answerOf(id));
    await host.scheduler.settled();

    expect(host.lines.map(({ level, fields }) => [level, hasCode(fields?.error, "QUEUE_CLOSED")])).toEqual([
      ["warn", true],
      ["warn", true],
    ]);
  });
});

describe("a cancellation", () => {
  test("fires the signal of the call that runs, of no other, and is forgotten with it", () => {
    const { desk, callOf } = setUp();
    const [first, second] = [callOf(1), callOf(2)];
    const signals = [first.signal, second.signal];
    for (const call of [first, second]) desk.begin(call);
    desk.cancel(cancelOf(2), 0);

    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    expect(second.signal.reason).toMatchObject({
      code: "SERVICE_CANCELLED",
      details: { service: "v", method: "process" },
    });
    expect(desk.isCancelled(2)).toBe(false);
  });

  test("leaves a call alone that has ended", () => {
    const { desk, callOf } = setUp();
    const call = callOf(1);
    const { signal } = call;
    desk.begin(call);
    expect([...desk.running]).toEqual([call]);
    desk.end(call);
    desk.cancel(cancelOf(1), 0);

    expect([signal.aborted, [...desk.running]]).toEqual([false, []]);
  });

  test("that comes before its request holds for that request, once", () => {
    const { desk } = setUp();
    desk.cancel(cancelOf(1), 0);

    expect([desk.isCancelled(2), desk.isCancelled(1), desk.isCancelled(1)]).toEqual([false, true, false]);
  });

  test("is remembered among ten thousand, which are no more, the oldest forgotten first", () => {
    const { desk } = setUp();
    for (let id = 0; id < 10_003; id++) desk.cancel(cancelOf(id), 0);

    const remembered = Array.from({ length: 10_003 }, (_, id) => id).filter((id) => desk.isCancelled(id));
    expect([remembered.length, remembered[0], remembered.at(-1)]).toEqual([10_000, 3, 10_002]);
  });

  test("is forgotten first whose request has come to its deadline", () => {
    const { desk } = setUp();
    desk.cancel(cancelOf(0, 5000), 0);
    for (let id = 1; id < 10_000; id++) desk.cancel(cancelOf(id, id % 2 === 0 ? 100 : 5000), 0);
    desk.cancel(cancelOf(10_000, 5000), 100);

    const remembered = Array.from({ length: 10_001 }, (_, id) => id).filter((id) => desk.isCancelled(id));
    expect(remembered).toEqual([0, ...Array.from({ length: 5000 }, (_, i) => 2 * i + 1), 10_000]);
  });
});
