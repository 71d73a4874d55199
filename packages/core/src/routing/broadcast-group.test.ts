import { describe, expect, test } from "vitest";
import { clonePayload } from "../packet/clone-payload.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { BroadcastGroup } from "./broadcast-group.ts";
import { Connection, type Output } from "./connection.ts";
import { SingleGroup } from "./single-group.ts";

const copy = (payload: unknown) => clonePayload(payload, () => undefined);
const connection = (index: number, keyed = true) =>
  new Connection({ step: "next", index, inputIndex: 0, keyed, channel: index, queue: {} as never });

function buffer() {
  const records = new RecordBuffer();
  records.payloads = [{ n: 1 }, { n: 2 }];
  records.keys = ["a", "b"];
  records.headers = [undefined, { h: "2" }];
  return records;
}

function route(group: BroadcastGroup | SingleGroup, records: RecordBuffer, owns: boolean) {
  const outputs: Output[] = [];
  group.route(records, outputs, owns ? undefined : copy);
  return outputs.map(({ batch }) => batch);
}

describe("broadcast", () => {
  const createGroup = () =>
    new BroadcastGroup(
      [0, 1, 2].map((i) => connection(i)),
      copy,
    );

  test("gives every instance every record, with keys and headers, in order (R-04)", () => {
    const batches = route(createGroup(), buffer(), true);

    expect(batches.map((batch) => batch.channel)).toEqual([0, 1, 2]);
    for (const batch of batches) {
      expect(batch).toMatchObject({
        firstSeq: 0,
        payloads: [{ n: 1 }, { n: 2 }],
        keys: ["a", "b"],
        headers: [undefined, { h: "2" }],
      });
    }
  });

  test.each([true, false])(
    "gives each instance its own copy, whether it owns the records (%s) or not (R-04)",
    (owns) => {
      const records = buffer();
      const originals = [...records.payloads];
      const batches = route(createGroup(), records, owns);
      const all = batches.flatMap((batch) => batch.payloads);

      expect(new Set(all).size).toBe(6);
      expect(all.filter((payload) => originals.includes(payload))).toHaveLength(owns ? 2 : 0);
    },
  );

  test("shares no array between instances", () => {
    const batches = route(createGroup(), buffer(), true);

    for (const field of ["payloads", "keys", "headers"] as const) {
      expect(new Set(batches.map((batch) => batch[field])).size).toBe(3);
    }
  });
});

describe("a single target", () => {
  test("gets the whole unit as it is when the group owns it", () => {
    const records = buffer();
    const [batch] = route(new SingleGroup("hash", connection(0)), records, true);

    expect(batch?.payloads).toBe(records.payloads);
    expect(batch?.keys).toBe(records.keys);
  });

  test("gets copies when the group does not own the unit", () => {
    const records = buffer();
    const [batch] = route(new SingleGroup("round-robin", connection(0)), records, false);

    expect(batch?.payloads).toEqual(records.payloads);
    expect(batch?.payloads[0]).not.toBe(records.payloads[0]);
  });
});

describe("a connection", () => {
  test("numbers its elements without gaps, the stop signal last", () => {
    const sender = connection(0);
    const seqs = [
      sender.send(["a", "b"], undefined, undefined),
      sender.send(["c"], undefined, undefined),
      sender.stop({ source: "map-1#0", time: 0 }),
    ].map(({ batch }) => batch.firstSeq);

    expect(seqs).toEqual([0, 2, 3]);
    expect(sender.sent).toBe(3);
    expect(sender.stopped).toBe(true);
  });

  test.each([
    ["how full the inbox is", 6, 0.75],
    ["0 when the driver cannot tell at once", Promise.resolve(6), 0],
  ])("tells %s", (_, size, load) => {
    const queue = { size: () => size, descriptor: { capacity: 8 } } as never;
    const sender = new Connection({ step: "s", index: 0, inputIndex: 0, keyed: false, channel: 0, queue });

    expect(sender.bufferLoad()).toBe(load);
  });
});
