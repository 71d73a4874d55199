import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readElement } from "./call-element.ts";

describe("an element of a list", () => {
  test("says how many records it has, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.uint8Array(), (records, total, bytes) => {
        const element = readElement(Buffer.concat([Buffer.from(`${records}:${total}:p.1/2/3:`), bytes]));
        expect(element).toEqual({ records, total, token: "p.1/2/3", bytes: Buffer.from(bytes) });
      }),
    );
  });

  test.each(["", "1", "1:2", "1:2:3", "a:2:t:", "1:b:t:"])("is none where it does not: %o", (text) => {
    expect(readElement(Buffer.from(text))).toBeUndefined();
  });
});
