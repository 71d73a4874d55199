import { describe, expect, it } from "vitest";
import { ConsolePrinter } from "./console-printer.ts";

function printed(label: string, ...records: unknown[]): string[] {
  const lines: string[] = [];
  const printer = new ConsolePrinter((line) => lines.push(line));
  for (const record of records) printer.print(label, record);
  return lines;
}

class Hostile {
  get [Symbol.toStringTag](): string {
    throw new Error("no name");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    throw new Error("cannot be shown");
  }
}

describe("the console printer", () => {
  it("writes the label and > before a record", () => {
    expect(printed("counts", 7)).toEqual(["counts> 7\n"]);
  });

  it("writes nothing before a record whose label is empty", () => {
    expect(printed("", 7)).toEqual(["7\n"]);
  });

  it("shows strings as they are, and strings inside of records in quotes", () => {
    expect(printed("", "it's", { text: "here" })).toEqual(["it's\n", "{ text: 'here' }\n"]);
  });

  it.each([
    [
      "a large object",
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field${i}`, "x".repeat(50)])),
    ],
    ["a text of two lines", "one\r\ntwo"],
    ["an object with such a text", { text: "one\ntwo" }],
    ["an error with its stack", new Error("it broke\nbadly", { cause: new Error("deep") })],
    ["a map of objects", new Map([["key", { a: [1, 2, { b: "x".repeat(200) }] }]])],
    ["a function", (a: number) => a],
    ["nothing", undefined],
  ])("gives %s exactly one line", (_, record) => {
    const lines = printed("two\nlines", record);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^two\\nlines> .*\n$/);
  });

  it("shows of a record no more than a person reads", () => {
    const [items, text, deep] = printed(
      "",
      Array.from({ length: 100_000 }, () => 1),
      { text: "x".repeat(100_000) },
      { a: { b: { c: { d: { e: { f: 1 } } } } } },
    );

    expect(items).toContain("99900 more items");
    expect(text).toContain("99000 more characters");
    expect(deep).toContain("[Object]");
  });

  it("shows a record that refers to itself", () => {
    const record: { self?: unknown } = {};
    record.self = record;

    expect(printed("", record)).toEqual(["<ref *1> { self: [Circular *1] }\n"]);
  });

  it("writes a line even for a record that cannot be shown", () => {
    expect(printed("odd", new Hostile())).toEqual(["odd> [object that cannot be shown]\n"]);
  });

  it("drops a line that cannot be written, and prints the next", () => {
    const lines: string[] = [];
    const printer = new ConsolePrinter((line) => {
      if (line.includes("1")) throw new Error("closed");
      lines.push(line);
    });

    printer.print("", 1);
    printer.print("", 2);

    expect(lines).toEqual(["2\n"]);
  });
});
