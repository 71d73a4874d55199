import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { damaged, oddJson } from "../../test-support/odd-json.ts";
import { anyPayload, portraitOf } from "../../test-support/payloads.ts";
import type { JsonValue } from "../errors/json.ts";
import { hasCode } from "../errors/sage-error.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { decodeCell, decodeKey, encodeCell, encodeKey } from "./cell-snapshot.ts";
import { Expiring } from "./expiring.ts";
import { ListCell } from "./list-cell.ts";
import { MapCell } from "./map-cell.ts";
import { absent } from "./state-key.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 5000 : 200 });

const nothing = Symbol.for("@sage-kernel/undefined");

const throughText = (json: JsonValue): JsonValue => JSON.parse(JSON.stringify(json)) as JsonValue;
const listOf = (items: readonly unknown[]): ListCell<unknown> =>
  items.reduce((list: ListCell<unknown>, item) => list.append(item), ListCell.empty);
const mapOf = (entries: readonly (readonly [PartitionKey, unknown])[]): MapCell<unknown> =>
  entries.reduce((map: MapCell<unknown>, [key, value]) => map.set(key, value), MapCell.empty);

const anyPartitionKey: fc.Arbitrary<PartitionKey> = fc.oneof(
  fc.constantFrom<PartitionKey>("", "$", "__proto__", "\ud800", 0, 1, "1", 1n, true, "true", null),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((key) => (key === 0 ? 0 : key)),
  fc.bigInt(),
);
const anyLastingCell = fc.oneof(
  anyPayload,
  fc.constant(nothing),
  fc.array(anyPayload, { maxLength: 5 }).map(listOf),
  fc.array(fc.tuple(anyPartitionKey, anyPayload), { maxLength: 5 }).map(mapOf),
);
const anyCell = fc.oneof(
  anyLastingCell,
  fc.tuple(anyLastingCell, fc.double({ noNaN: true })).map(([cell, at]) => new Expiring(cell, at)),
);

/** Everything that can be seen of a cell, as text. */
function cellPortrait(cell: unknown): string {
  if (cell instanceof Expiring) return `until ${portraitOf(cell.expiresAt)}: ${cellPortrait(cell.cell)}`;
  if (cell instanceof ListCell) return `list of ${cell.length}: ${portraitOf(cell.toArray())}`;
  if (cell instanceof MapCell) return `map of ${cell.size}: ${portraitOf([...cell])}`;
  return cell === nothing ? "nothing" : portraitOf(cell);
}

describe("a cell", () => {
  test("comes back equal in value from the text of its JSON, which is the same after JSON.parse", () => {
    fc.assert(
      fc.property(anyCell, (cell) => {
        const encoded = encodeCell(cell);

        expect(cellPortrait(decodeCell(throughText(encoded)))).toBe(cellPortrait(cell));
        expect(portraitOf(throughText(encoded))).toBe(portraitOf(encoded));
      }),
    );
  });

  test("is the same after it was encoded", () => {
    fc.assert(
      fc.property(anyCell, (cell) => {
        const before = cellPortrait(cell);

        encodeCell(cell);

        expect(cellPortrait(cell)).toBe(before);
      }),
    );
  });

  test.each<[string, unknown, JsonValue]>([
    ["a list", listOf([1, undefined]), { $: "ListCell", v: [1, { $: "constant", v: "undefined" }] }],
    [
      "a map",
      mapOf([
        [1n, "a"],
        ["b", null],
      ]),
      {
        $: "MapCell",
        v: [
          [{ $: "bigint", v: "1" }, "a"],
          ["b", null],
        ],
      },
    ],
    ["a value that expires", new Expiring(5, 10), { $: "Expiring", v: [10, 5] }],
    [
      "a list that expires",
      new Expiring(listOf([]), 10),
      { $: "Expiring", v: [10, { $: "ListCell", v: [] }] },
    ],
    ["an accumulator that is undefined", nothing, { $: "nothing", v: null }],
    ["timers", [1, 2, 3], [1, 2, 3]],
    ["a window", { start: 0, end: 9, value: 5 }, { start: 0, end: 9, value: 5 }],
  ])("of %s is encoded as the format says, and comes back", (_, cell, encoded) => {
    expect(encodeCell(cell)).toStrictEqual(encoded);
    expect(cellPortrait(decodeCell(encoded))).toBe(cellPortrait(cell));
  });

  test("that is a value is never taken for a list, a map or another cell, whatever it looks like", () => {
    const looks: JsonValue[] = [
      { $: "ListCell", v: [] },
      { $: "MapCell", v: [] },
      { $: "Expiring", v: [1, 1] },
      { $: "nothing", v: null },
    ];

    expect(looks.map((value) => decodeCell(encodeCell(value)))).toEqual(looks);
    expect([...(decodeCell(encodeCell(listOf(looks))) as ListCell<unknown>)]).toEqual(looks);
  });

  test("may hold a list or a map of any size", () => {
    const numbers = Array.from({ length: 300_000 }, (_, i) => i);
    const list = decodeCell(encodeCell(listOf(numbers))) as ListCell<number>;
    const map = decodeCell(encodeCell(mapOf(numbers.slice(0, 50_000).map((n) => [n, n])))) as MapCell<number>;

    expect(list.length).toBe(300_000);
    expect(list.toArray().every((item, i) => item === i)).toBe(true);
    expect([...map.entries()].every(([key, value], i) => key === i && value === i)).toBe(true);
    expect(map.size).toBe(50_000);
  });

  test("of an older version has its own items only, and what comes back can be changed further", () => {
    const older = listOf([1, 2]);
    older.append(3);
    const map = mapOf([
      ["a", 1],
      ["b", 2],
    ]);
    map.set("c", 3);

    const list = decodeCell(encodeCell(older)) as ListCell<unknown>;
    const copy = decodeCell(encodeCell(map.delete("a").set("a", 9))) as MapCell<unknown>;

    expect([...list.append(4)]).toEqual([1, 2, 4]);
    expect([...copy.set("d", 4)]).toEqual([
      ["b", 2],
      ["a", 9],
      ["d", 4],
    ]);
    expect([...ListCell.empty, ...MapCell.empty]).toEqual([]);
  });
});

describe("a cell that cannot be encoded", () => {
  test.each<[string, unknown, string, string]>([
    ["a value", { f: () => 1 }, "cell.f", "a function"],
    ["an item of a list", listOf([1, { d: /x/ }]), "cell[1].d", "an instance of RegExp"],
    [
      "a value of a map",
      mapOf([
        ["a", 1],
        ["b", [new WeakSet()]],
      ]),
      "cell<value 1>[0]",
      "an instance of WeakSet",
    ],
    ["what expires", new Expiring(listOf([/x/]), 1), "cell[0]", "an instance of RegExp"],
    ["a list in a list", listOf([listOf([])]), "cell[0]", "an instance of ListCell"],
    ["a time to live within another", new Expiring(new Expiring(1, 1), 1), "cell", "an instance of Expiring"],
    ["a deleted cell", absent, "cell", "a symbol"],
  ])("is refused with its path: %s", (_, cell, path, got) => {
    expect(failureOf(() => encodeCell(cell))).toEqual({ code: "NOT_SERIALIZABLE", details: { path, got } });
  });
});

describe("JSON that is no encoded cell", () => {
  test("is refused as such, or makes a cell that can be encoded again", () => {
    fc.assert(
      fc.property(oddJson, (json) => {
        for (const [decode, encode] of [
          [decodeCell, encodeCell],
          [decodeKey, encodeKey as (key: unknown) => JsonValue],
        ] as const) {
          let decoded: unknown;
          try {
            decoded = decode(json);
          } catch (error) {
            expect(hasCode(error, "SNAPSHOT_INVALID")).toBe(true);
            continue;
          }
          expect(cellPortrait(decode(throughText(encode(decoded))))).toBe(cellPortrait(decoded));
        }
      }),
      { numRuns: process.env.SAGE_DEEP === "1" ? 30_000 : 3000 },
    );
  });

  test("is refused as such when it is damaged somewhere, or makes another cell", () => {
    fc.assert(
      fc.property(anyCell, fc.nat(), fc.option(oddJson, { nil: undefined }), (cell, place, by) => {
        const failure = failureOf(() => encodeCell(decodeCell(damaged(encodeCell(cell), place, by))));

        if (failure !== undefined) expect(failure).toMatchObject({ code: "SNAPSHOT_INVALID" });
      }),
    );
  });

  const listed = (key: JsonValue, value: JsonValue): JsonValue => ({
    $: "MapCell",
    v: [
      ["a", 1],
      [key, value],
    ],
  });
  const unknown: JsonValue = { $: "x", v: 0 };

  test.each<[unknown, string, string]>([
    [{ $: "ListCell", v: {} }, "cell", "is an object (Object) instead of a list"],
    [{ $: "ListCell", v: [1, [unknown]] }, "cell[1][0]", 'has the unknown tag "x"'],
    [{ $: "ListCell", v: new Array(1) }, "cell[0]", "is undefined"],
    [{ $: "ListCell", v: [{ $: "ListCell", v: [] }] }, "cell[0]", 'has the unknown tag "ListCell"'],
    [{ $: "MapCell", v: "ab" }, "cell", 'is the string "ab" instead of a list'],
    [{ $: "MapCell", v: [["a"]] }, "cell<entry 0>", "is no pair"],
    [listed([], 1), "cell<key 1>", "is an object (Array) instead of a key"],
    [listed({ $: "constant", v: "undefined" }, 1), "cell<key 1>", "is undefined instead of a key"],
    [listed("a", 2), "cell<key 1>", "is there twice"],
    [listed("b", unknown), "cell<value 1>", 'has the unknown tag "x"'],
    [{ $: "Expiring", v: 5 }, "cell", "is no pair"],
    [{ $: "Expiring", v: ["5", 1] }, "cell<expiresAt>", 'is the string "5" instead of a time'],
    [
      { $: "Expiring", v: [{ $: "constant", v: "NaN" }, 1] },
      "cell<expiresAt>",
      "is the number NaN instead of a time",
    ],
    [{ $: "Expiring", v: [1, { $: "Expiring", v: [1, 1] }] }, "cell", 'has the unknown tag "Expiring"'],
    [{ $: "Expiring", v: [1, { $: "ListCell", v: [unknown] }] }, "cell[0]", 'has the unknown tag "x"'],
    [{ $: "nothing", v: 1 }, "cell", "has the number 1 where there is nothing"],
    [{ $: "nothing" }, "cell", 'has a tag "$", but not just that and "v"'],
    [[{ $: "nothing", v: null }], "cell[0]", 'has the unknown tag "nothing"'],
    [undefined, "cell", "is undefined"],
  ])("is refused with the path of the first part that is wrong: %j", (json, path, problem) => {
    expect(failureOf(() => decodeCell(json as JsonValue))).toEqual({
      code: "SNAPSHOT_INVALID",
      details: { path, problem },
    });
  });

  test("is refused by the caller's name", () => {
    const failures = [() => decodeCell(unknown, "sums"), () => decodeKey(unknown, "sums")].map(failureOf);

    expect(failures).toMatchObject([{ details: { path: "sums" } }, { details: { path: "sums" } }]);
  });
});
