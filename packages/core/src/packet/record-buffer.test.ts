import { describe, expect, test } from "vitest";
import { RecordBuffer } from "./record-buffer.ts";

/** Writes records as an operator's loop does. */
function write(buffer: RecordBuffer, records: readonly string[], keyed = false, reserved = records.length) {
  const base = buffer.reserve(reserved, keyed);
  records.forEach((record, i) => {
    buffer.payloads[base + i] = record;
    if (keyed) (buffer.keys as string[])[base + i] = `key of ${record}`;
  });
  buffer.truncate(base + records.length);
}

describe("RecordBuffer", () => {
  test("is empty and unkeyed at first", () => {
    const buffer = new RecordBuffer();

    expect(buffer).toMatchObject({ length: 0, payloads: [], keys: undefined, headers: undefined });
  });

  test("holds what was written into reserved room, and no holes behind it", () => {
    const buffer = new RecordBuffer();

    write(buffer, ["a", "b"], false, 10);

    expect(buffer.payloads).toEqual(["a", "b"]);
    expect(buffer.length).toBe(2);
  });

  test("goes on behind what is there when room is reserved again", () => {
    const buffer = new RecordBuffer();

    write(buffer, ["a", "b"], true, 10);
    expect(buffer.reserve(5, true)).toBe(2);
    buffer.truncate(2);
    write(buffer, ["c"], true, 5);

    expect(buffer.payloads).toEqual(["a", "b", "c"]);
    expect(buffer.keys).toEqual(["key of a", "key of b", "key of c"]);
  });

  test("takes back the outputs of a failed attempt, with their keys and headers", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a", "b", "c"], true);
    buffer.headers = [undefined, { h: "b" }, { h: "c" }];

    buffer.truncate(1);

    expect(buffer.payloads).toEqual(["a"]);
    expect(buffer.keys).toEqual(["key of a"]);
    expect(buffer.headers).toEqual([undefined]);
  });

  test("can be written again after everything was taken back", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a", "b"], true);

    buffer.truncate(0);
    write(buffer, ["c"], true, 4);

    expect([buffer.payloads, buffer.keys]).toEqual([["c"], ["key of c"]]);
  });

  test("leaves its arrays to their new owner when it is cleared", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a", "b"], true);
    const { payloads, keys } = buffer;

    buffer.clear();
    write(buffer, ["c"]);

    expect([payloads, keys]).toEqual([
      ["a", "b"],
      ["key of a", "key of b"],
    ]);
    expect([buffer.payloads, buffer.keys]).toEqual([["c"], undefined]);
  });

  test("appends records with and without keys and headers, each parallel to its record", () => {
    const buffer = new RecordBuffer();
    buffer.append("a", "k", undefined);
    buffer.append("b", null, { h: "b" });
    buffer.append("c", 0, undefined);

    expect(buffer.payloads).toEqual(["a", "b", "c"]);
    expect(buffer.keys).toEqual(["k", null, 0]);
    expect(buffer.headers).toEqual([undefined, { h: "b" }, undefined]);
  });

  test("lets records inherit headers, except those that have their own and those before", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a", "b"]);
    buffer.append("c", undefined, { h: "own" });
    buffer.append("d", undefined, undefined);
    buffer.inherit(1, { h: "record" });

    expect(buffer.headers).toEqual([undefined, { h: "record" }, { h: "own" }, { h: "record" }]);
  });

  test("takes everything out of another buffer, routes too, behind what it has", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a"], true);
    buffer.routes = [[[0]]];
    const other = new RecordBuffer();
    other.append("b", "key of b", { h: "b" });
    other.append("c", "key of c", undefined);
    other.routes = [[[1]], [[2]]];
    buffer.take(other);

    expect(buffer).toMatchObject({
      payloads: ["a", "b", "c"],
      keys: ["key of a", "key of b", "key of c"],
      headers: [undefined, { h: "b" }, undefined],
      routes: [[[0]], [[1]], [[2]]],
    });
  });

  test("takes nothing out of an empty buffer and stays as it was", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a"], true);
    buffer.take(new RecordBuffer());

    expect(buffer).toMatchObject({
      payloads: ["a"],
      keys: ["key of a"],
      headers: undefined,
      routes: undefined,
    });
  });

  test("takes back the routes of a failed attempt", () => {
    const buffer = new RecordBuffer();
    write(buffer, ["a", "b"]);
    buffer.routes = [[[0]], [[1]]];
    buffer.truncate(1);

    expect(buffer.routes).toEqual([[[0]]]);
  });
});
