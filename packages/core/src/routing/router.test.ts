import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clonePayload } from "../packet/clone-payload.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { BroadcastGroup } from "./broadcast-group.ts";
import { Connection, type Output } from "./connection.ts";
import { CustomGroup } from "./custom-group.ts";
import { HashGroup } from "./hash-group.ts";
import { groupOwner, keyGroup } from "./key-group.ts";
import type { OutputGroup } from "./output-group.ts";
import { RoundRobinGroup } from "./round-robin-group.ts";
import { Router } from "./router.ts";
import { SingleGroup } from "./single-group.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

interface Row {
  readonly n: number;
}
type Kind = "single" | "round-robin" | "hash" | "broadcast" | "custom";

const copy = (payload: unknown) => clonePayload(payload, () => undefined);
const stop = { source: "map-1#0", time: 9 };
const keyOf = (n: number) => `key ${n % 7}`;

/** A router with one group of each kind; channels are numbered through. */
function createRouter(kinds: readonly Kind[], width: number) {
  let channel = 0;
  const groups = kinds.map((kind, g): OutputGroup => {
    const connections = Array.from(
      { length: kind === "single" ? 1 : width },
      (_, index) =>
        new Connection({
          step: `step-${g}`,
          index,
          inputIndex: 0,
          keyed: true,
          channel: channel++,
          queue: {} as never,
        }),
    );
    if (kind === "single") return new SingleGroup("round-robin", connections[0] as Connection);
    if (kind === "hash") return new HashGroup(connections, "map-1");
    if (kind === "broadcast") return new BroadcastGroup(connections, copy);
    if (kind === "round-robin") return new RoundRobinGroup(connections);
    const select = (packet: { payload: unknown }) => (packet.payload as Row).n % width;
    return new CustomGroup("custom", connections, { select }, `step-${g}`, copy);
  });
  return new Router(groups, copy);
}

function buffer(numbers: readonly number[]) {
  const records = new RecordBuffer();
  records.payloads = numbers.map((n): Row => ({ n }));
  records.keys = numbers.map(keyOf);
  return records;
}

/** Which records the target with this index must get, by the definition of each strategy. */
function expectedOf(kind: Kind, index: number, width: number, total: number): number[] {
  const all = Array.from({ length: total }, (_, n) => n);
  if (kind === "hash") return all.filter((n) => groupOwner(keyGroup(keyOf(n)), width) === index);
  if (kind === "round-robin" || kind === "custom") return all.filter((n) => n % width === index);
  return all;
}

const kinds = fc.array(fc.constantFrom<Kind>("single", "round-robin", "hash", "broadcast", "custom"), {
  maxLength: 4,
});
const sizes = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 8 });

describe("a router", () => {
  test("gives every group every record, over channels without gaps, and one stop at the end of each", () => {
    fc.assert(
      fc.property(kinds, fc.integer({ min: 1, max: 4 }), sizes, (groupKinds, width, portions) => {
        const router = createRouter(groupKinds, width);
        const outputs: Output[] = [];
        let total = 0;
        for (const size of portions) {
          const records = buffer(Array.from({ length: size }, () => total++));
          if (router.selective) router.select(records, 0);
          router.route(records, outputs);
        }
        router.stop(stop, outputs);

        router.groups.forEach((group, g) => {
          group.connections.forEach(({ target: { channel, index } }) => {
            const batches = outputs.map(({ batch }) => batch).filter((batch) => batch.channel === channel);
            let seq = 0;
            for (const batch of batches) {
              expect(batch.firstSeq).toBe(seq);
              seq += batch.elements;
            }
            const rows = batches.flatMap((batch) => batch.payloads as Row[]);
            expect(rows.map((row) => row.n)).toEqual(expectedOf(groupKinds[g] as Kind, index, width, total));
            expect(batches.flatMap((batch) => batch.keys ?? [])).toEqual(rows.map((row) => keyOf(row.n)));
            expect(batches.map((batch) => batch.stop)).toEqual([
              ...batches.slice(1).map(() => undefined),
              stop,
            ]);
          });
        });
      }),
    );
  });

  test("never gives one mutable record to two targets (R-05)", () => {
    fc.assert(
      fc.property(kinds, fc.integer({ min: 1, max: 4 }), (groupKinds, width) => {
        const router = createRouter(groupKinds, width);
        const records = buffer([0, 1, 2, 3, 4]);
        if (router.selective) router.select(records, 0);
        const outputs: Output[] = [];
        router.route(records, outputs);
        const payloads = outputs.flatMap(({ batch }) => batch.payloads);

        expect(new Set(payloads).size).toBe(payloads.length);
      }),
    );
  });

  test("shares the records between groups when copying is switched off", () => {
    const { groups } = createRouter(["single", "single"], 1);
    const outputs: Output[] = [];
    new Router(groups, undefined).route(buffer([1]), outputs);

    expect(outputs[0]?.batch.payloads[0]).toBe(outputs[1]?.batch.payloads[0]);
  });

  test("sends nothing for an empty unit", () => {
    const outputs: Output[] = [];
    createRouter(["single", "hash", "broadcast"], 3).route(new RecordBuffer(), outputs);

    expect(outputs).toEqual([]);
  });

  test("without any group takes records and drops them", () => {
    const router = new Router([], copy);
    const outputs: Output[] = [];
    router.route(buffer([1, 2]), outputs);
    router.stop(stop, outputs);

    expect([outputs, router.sent().size]).toEqual([[], 0]);
  });

  test("is selective exactly when a custom partitioner is among its groups", () => {
    expect(createRouter(["single", "hash", "broadcast", "round-robin"], 2).selective).toBe(false);
    expect(createRouter(["single", "custom"], 2).selective).toBe(true);
  });
});

describe("the stop signals of a router", () => {
  test("go out once on every channel, also on those that carried nothing (R-09)", () => {
    const router = createRouter(["round-robin", "broadcast"], 3);
    const outputs: Output[] = [];
    router.route(buffer([0]), outputs);
    outputs.length = 0;

    router.stop(stop, outputs);
    router.stop(stop, outputs);

    expect(outputs.map(({ batch }) => batch.channel)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { batch } of outputs) expect([batch.payloads, batch.stop]).toEqual([[], stop]);
  });

  test("do not count as records sent", () => {
    const router = createRouter(["round-robin", "broadcast"], 2);
    router.route(buffer([0, 1, 2]), []);
    const before = router.sent();

    router.stop(stop, []);

    expect(Object.fromEntries(before)).toEqual({ 0: 2, 1: 1, 2: 3, 3: 3 });
    expect(router.sent()).toEqual(before);
  });
});
