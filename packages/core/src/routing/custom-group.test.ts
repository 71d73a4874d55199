import { describe, expect, test } from "vitest";
import type { Packet } from "../packet/packet.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Connection, type Output } from "./connection.ts";
import { CustomGroup } from "./custom-group.ts";
import type { Partitioner } from "./partitioner.port.ts";
import { Router } from "./router.ts";

const copyAgain = (payload: unknown) => ({ ...(payload as object) });

function createGroup(select: Partitioner["select"], width = 3) {
  const connections = Array.from(
    { length: width },
    (_, index) =>
      new Connection({ step: "next", index, inputIndex: 1, keyed: true, channel: index, queue: {} as never }),
  );
  return new CustomGroup("spread", connections, { select }, "next", copyAgain);
}

/** Selects within the attempt at the records from `from` on, as a router does. */
function select(group: CustomGroup, records: RecordBuffer, from: number) {
  new Router([group], undefined).select(records, from);
}

function buffer(...numbers: number[]) {
  const records = new RecordBuffer();
  records.payloads = numbers.map((n) => ({ n }));
  return records;
}

function route(group: CustomGroup, records: RecordBuffer, owns = true) {
  const outputs: Output[] = [];
  group.route(records, outputs, owns ? undefined : copyAgain, 0);
  return outputs.map(({ batch }) => [batch.channel, ...batch.payloads.map((p) => (p as { n: number }).n)]);
}

describe("a custom partitioner", () => {
  test("sees each record with its key, headers, input and strategy, and all targets", () => {
    const seen: [Packet, readonly Connection[]][] = [];
    const group = createGroup((packet, targets) => {
      seen.push([packet, targets]);
      return 0;
    });
    const records = buffer(1, 2);
    records.keys = ["a", null];
    records.headers = [undefined, { h: "2" }];

    select(group, records, 0);

    expect(seen.map(([packet]) => packet)).toEqual([
      {
        payload: { n: 1 },
        inputIndex: 1,
        partitionKey: "a",
        partitionStrategy: "spread",
        headers: undefined,
      },
      {
        payload: { n: 2 },
        inputIndex: 1,
        partitionKey: null,
        partitionStrategy: "spread",
        headers: { h: "2" },
      },
    ]);
    expect(seen[0]?.[1].map((target) => target.target.index)).toEqual([0, 1, 2]);
  });

  test("sends each record where it says, in order", () => {
    const group = createGroup((packet) => (packet.payload as { n: number }).n % 3);
    const records = buffer(0, 1, 2, 3, 4, 6);

    select(group, records, 0);

    expect(route(group, records)).toEqual([
      [0, 0, 3, 6],
      [1, 1, 4],
      [2, 2],
    ]);
  });

  test("may send a record to several targets", () => {
    const answers = [[0, 2], [2], [1]];
    const group = createGroup((packet) => answers[(packet.payload as { n: number }).n] as number[]);
    const records = buffer(0, 1, 2);

    select(group, records, 0);

    expect(route(group, records)).toEqual([
      [0, 0],
      [1, 2],
      [2, 0, 1],
    ]);
  });

  test.each([true, false])(
    "gives several targets independent copies, owning the records (%s) or not",
    (owns) => {
      const group = createGroup(() => [0, 1, 2]);
      const records = buffer(7);
      const [original] = records.payloads;
      select(group, records, 0);
      const outputs: Output[] = [];

      group.route(records, outputs, owns ? undefined : copyAgain, 0);

      const payloads = outputs.map(({ batch }) => batch.payloads[0]);
      expect(payloads).toEqual([{ n: 7 }, { n: 7 }, { n: 7 }]);
      expect(new Set(payloads).size).toBe(3);
      expect(payloads.includes(original)).toBe(owns);
    },
  );

  test("may reuse the array that it answers with", () => {
    const reused = [0];
    const group = createGroup((packet) => {
      reused[0] = (packet.payload as { n: number }).n;
      return reused;
    });
    const records = buffer(0, 1, 2);

    select(group, records, 0);

    expect(route(group, records)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });
});

describe("an answer that is no route (R-12)", () => {
  test.each<[unknown, string]>([
    [3, "the number 3"],
    [-1, "the number -1"],
    [0.5, "the number 0.5"],
    [NaN, "the number NaN"],
    [undefined, "undefined"],
    [null, "null"],
    ["0", 'the string "0"'],
    [Promise.resolve(0), "an object (Promise)"],
    [[0, 0], "[0, 0]"],
    [[0, 3], "[0, 3]"],
    [[0, NaN], "[0, NaN]"],
  ])("%o is refused with step, answer and number of targets", (answer, shown) => {
    const group = createGroup(() => answer as number);

    expect(() => select(group, buffer(1), 0)).toThrow(
      expect.objectContaining({
        code: "INVALID_ROUTE",
        details: { step: "next", answer: shown, targets: 3 },
      }),
    );
  });
});

describe("selecting within the attempt at a record", () => {
  test("asks only about the records from the given one on", () => {
    const asked: unknown[] = [];
    const group = createGroup((packet) => {
      asked.push(packet.payload);
      return 0;
    });
    const records = buffer(1, 2);
    select(group, records, 0);
    records.payloads.push({ n: 3 });

    select(group, records, 2);

    expect(asked).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test("forgets the routes of a failed attempt", () => {
    const group = createGroup((packet) => {
      const { n } = packet.payload as { n: number };
      if (n === 99) throw new Error("no idea");
      return n % 3;
    });
    const records = buffer(0);
    select(group, records, 0);
    records.payloads.push({ n: 1 }, { n: 99 });
    expect(() => select(group, records, 1)).toThrow("no idea");
    records.truncate(1);
    records.payloads.push({ n: 2 });
    select(group, records, 1);

    expect(route(group, records)).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });

  test("starts afresh with each unit", () => {
    const group = createGroup((packet) => (packet.payload as { n: number }).n);
    const first = buffer(2);
    select(group, first, 0);
    route(group, first);
    const second = buffer(1);
    select(group, second, 0);

    expect(route(group, second)).toEqual([[1, 1]]);
  });
});
