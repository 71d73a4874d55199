import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Connection, type Output } from "./connection.ts";
import { LeastLoadedGroup } from "./least-loaded-group.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** A group over inboxes of these capacities that hold so many records. */
function setUp(inboxes: readonly (readonly [capacity: number, held: number])[]) {
  const queues = inboxes.map(([capacity, held]) => {
    const queue = new FakeQueue(capacity);
    queue.offer(data(0, 0, ...new Array(held).fill("held")));
    return queue;
  });
  const connections = queues.map(
    (queue, index) => new Connection({ step: "s", index, inputIndex: 0, keyed: true, channel: index, queue }),
  );
  const group = new LeastLoadedGroup(connections);
  const route = (count: number) => {
    const records = new RecordBuffer();
    for (let n = 0; n < count; n++) records.append(n, `k${n}`, { n: `${n}` });
    const outputs: Output[] = [];
    group.route(records, outputs, undefined);
    return outputs.map(({ batch }) => batch);
  };
  const counts = (count: number) => {
    const batches = route(count);
    return queues.map((_, t) => batches.find(({ channel }) => channel === t)?.payloads.length ?? 0);
  };
  return { group, queues, route, counts };
}

describe("routing to the least loaded instance", () => {
  test("fills the emptier inboxes up before the others get more", () => {
    const { counts } = setUp([
      [10, 4],
      [10, 0],
      [10, 2],
    ]);

    expect(counts(6)).toEqual([0, 4, 2]);
  });

  test("goes by how full an inbox is, not by how many records it holds", () => {
    const { counts } = setUp([
      [100, 10],
      [10, 5],
    ]);

    expect(counts(8)).toEqual([8, 0]);
  });

  test("goes in turn where all are equally full, also over several units", () => {
    const { group, route } = setUp([
      [10, 0],
      [10, 0],
      [10, 0],
    ]);
    const first = Array.from({ length: 5 }, () => route(1)[0]?.channel);

    expect(first).toEqual([0, 1, 2, 0, 1]);
    expect(group.strategy).toBe("least-loaded");
  });

  test("takes an inbox whose fill cannot be told at once for an empty one", () => {
    const { queues, counts } = setUp([
      [10, 0],
      [10, 0],
    ]);
    (queues[0] as FakeQueue).size = () => Promise.resolve(10) as never;
    queues[1]?.offer(data(0, 0, "held"));

    expect(counts(1)).toEqual([1, 0]);
  });

  test("sends every record once, with its key and headers, in order, and levels the loads", () => {
    const inboxes = fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(inboxes, fc.nat({ max: 30 }), (held, count) => {
        const batches = setUp(held.map((each) => [64, each])).route(count);
        const sent = batches.flatMap(({ payloads }) => payloads as number[]);
        expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
        for (const { payloads, keys, headers } of batches) {
          expect(payloads).toEqual((payloads as number[]).toSorted((a, b) => a - b));
          expect(keys).toEqual(payloads.map((n) => `k${n}`));
          expect(headers).toEqual(payloads.map((n) => ({ n: `${n}` })));
        }
        const loads = held.map((each, t) => ({
          got: batches.find(({ channel }) => channel === t)?.payloads.length ?? 0,
          each,
        }));
        const lowest = Math.min(...loads.map(({ got, each }) => got + each));
        for (const { got, each } of loads) if (got > 0) expect(got + each).toBeLessThanOrEqual(lowest + 1);
      }),
    );
  });
});
