import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IteratorReader, type SourceReader } from "../operator/source-reader.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { SourceInbox } from "./source-inbox.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const readerOf = (records: readonly unknown[]) => new IteratorReader(records.values());
const inboxOf = (reader: SourceReader) => new SourceInbox("source-1#0", reader, { now: () => 77 } as never);
const take = (inbox: SourceInbox, max: number) => inbox.take(max) as Delivery;
/** The elements of a delivery with their sequence numbers. */
const elementsOf = ({ batches }: Delivery) =>
  batches.flatMap(({ firstSeq, payloads, stop }) => [
    ...payloads.map((payload, i) => [firstSeq + i, payload]),
    ...(stop === undefined ? [] : [[firstSeq + payloads.length, "stop"]]),
  ]);

describe("a source's inbox that is rewound", () => {
  test("delivers again what was not committed, with its numbers, and reads on behind it", () => {
    const inbox = inboxOf(readerOf(["a", "b", "c", "d"]));
    take(inbox, 1);
    take(inbox, 2);
    inbox.advance(1);
    inbox.rewind(1);

    expect([take(inbox, 9), take(inbox, 9)].map(elementsOf)).toEqual([
      [
        [1, "b"],
        [2, "c"],
      ],
      [[3, "d"]],
    ]);
  });

  test("cuts a delivery of which a part was committed", () => {
    const inbox = inboxOf(readerOf(["a", "b", "c"]));
    const delivery = take(inbox, 3);
    inbox.advance(inbox.positionAfter(delivery, 2));
    inbox.rewind(2);
    const again = take(inbox, 3);

    expect([elementsOf(again), again.position, inbox.positionAfter(again, 1)]).toEqual([[[2, "c"]], 3, 3]);
  });

  test("delivers the stop signal again as long as it is not committed", () => {
    const inbox = inboxOf(readerOf(["a"]));
    take(inbox, 1);
    const end = take(inbox, 1);
    inbox.advance(1);
    inbox.rewind(1);
    const again = take(inbox, 1);
    expect([elementsOf(again), again.position, again.done]).toEqual([elementsOf(end), 2, true]);

    inbox.advance(2);
    inbox.rewind(2);
    expect(take(inbox, 1)).toEqual({ batches: [], position: 2, done: true });
  });

  test("asks its reader nothing that it has read", () => {
    let polls = 0;
    const inbox = inboxOf({ poll: () => [polls++], close: () => undefined });
    take(inbox, 1);
    take(inbox, 1);
    inbox.rewind(undefined);
    inbox.rewind(undefined);
    take(inbox, 1);
    take(inbox, 1);
    expect(polls).toBe(2);

    expect(elementsOf(take(inbox, 1))).toEqual([[2, 2]]);
  });

  test("lets a poll that waits bring what comes first, and what it has read in its turn", async () => {
    let answer: (records: unknown[]) => void = () => undefined;
    const polls: unknown[] = [["a"], new Promise<unknown[]>((resolve) => (answer = resolve))];
    const inbox = inboxOf({ poll: () => polls.shift() as unknown[], close: () => undefined });
    take(inbox, 1);
    const waiting = inbox.take(1);
    inbox.rewind(undefined);
    answer(["b"]);

    expect(elementsOf(await waiting)).toEqual([[0, "a"]]);
    expect(elementsOf(take(inbox, 1))).toEqual([[1, "b"]]);
  });

  test("keeps nothing of what is committed", () => {
    const inbox = inboxOf(readerOf(["a", "b", "c"]));
    take(inbox, 2);
    inbox.advance(2);
    inbox.rewind(2);

    expect(elementsOf(take(inbox, 2))).toEqual([[2, "c"]]);
  });

  test("goes on behind what was committed without its knowing", () => {
    const inbox = inboxOf(readerOf(["a", "b", "c"]));
    take(inbox, 3);
    inbox.rewind(2);

    expect(elementsOf(take(inbox, 3))).toEqual([[2, "c"]]);
  });

  test.each([
    [1, 2],
    [undefined, 2],
    [4, 3],
  ])("refuses to go on from %s, which it does not keep", (position, kept) => {
    const inbox = inboxOf(readerOf(["a", "b", "c"]));
    take(inbox, 3);
    inbox.advance(2);

    expect(() => inbox.rewind(position)).toThrow(
      expect.objectContaining({
        code: "INPUT_NOT_REPLAYABLE",
        details: { node: "source-1#0", kept, wanted: position ?? 0 },
      }),
    );
  });

  test("never delivers anything twice to one incarnation, nor leaves it out, however it is taken and committed", () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ commit: fc.nat({ max: 4 }) }) },
      { weight: 2, arbitrary: fc.constant({ rewind: true }) },
    );
    fc.assert(
      fc.property(fc.nat({ max: 12 }), fc.array(action, { maxLength: 40, size: "max" }), (records, plan) => {
        const all = Array.from({ length: records }, (_, i) => `r${i}`);
        const expected = [...all.map((record, i) => [i, record]), [records, "stop"]];
        const inbox = inboxOf(readerOf(all));
        let committed = 0;
        let deliveries: Delivery[] = [];
        const got = () => deliveries.flatMap(elementsOf);
        const check = () => {
          expect(got()).toEqual(expected.slice(committed, committed + got().length));
          const last = deliveries.at(-1);
          if (last !== undefined) expect(last.position).toBe(committed + got().length);
        };
        /** Commits a part of the first delivery, or all of it; what was taken behind it stays taken. */
        const commit = (leave: number) => {
          const first = deliveries[0];
          const elements = first === undefined ? 0 : elementsOf(first).length;
          if (first === undefined || elements <= leave) return;
          const done = elements - leave;
          inbox.advance(
            leave === 0 ? (first.position as number) : (inbox.positionAfter(first, done) as number),
          );
          committed += done;
          const rest = first.batches[0]?.range(done);
          deliveries = [
            ...(rest === undefined || leave === 0 ? [] : [{ ...first, batches: [rest] }]),
            ...deliveries.slice(1),
          ];
        };
        for (const step of plan) {
          if ("take" in step) {
            const delivery = take(inbox, step.take);
            if (delivery.batches.length > 0) deliveries.push(delivery);
          } else if ("commit" in step) commit(step.commit);
          else {
            inbox.rewind(committed);
            deliveries = [];
          }
          check();
        }
        inbox.rewind(committed);
        deliveries = [];
        while (deliveries.at(-1)?.done !== true && committed + got().length < expected.length) {
          deliveries.push(take(inbox, 3));
          check();
        }
        expect(committed + got().length).toBe(expected.length);
      }),
    );
  });
});
