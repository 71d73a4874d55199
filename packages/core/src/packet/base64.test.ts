import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

describe("base64", () => {
  test("is what Node writes, and gives the bytes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64(bytes);

        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(text)).toEqual(bytes);
      }),
    );
  });

  test.each([3071, 3072, 3073, 1_000_000])("carries %i bytes", (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 256);

    const text = toBase64(bytes);

    expect(text === Buffer.from(bytes).toString("base64")).toBe(true);
    expect(Buffer.from(fromBase64(text) as Uint8Array).equals(bytes)).toBe(true);
  });

  test("has one text for each sequence of bytes: what is read is written the same", () => {
    const digit = fc.constantFrom(..."AQgwBCD/+=".split(""));
    fc.assert(
      fc.property(fc.string({ unit: digit, maxLength: 12 }), (text) => {
        const bytes = fromBase64(text);

        expect(bytes === undefined || toBase64(bytes) === text).toBe(true);
      }),
    );
  });

  test.each([
    "A",
    "AA",
    "AAA",
    "AAAAA",
    "AB==",
    "AAB=",
    "A===",
    "====",
    "=AAA",
    "AA=A",
    "AA\n=",
    "AA-_",
    "AAé=",
    "AA\u0100=",
  ])("does not read %j", (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });
});
