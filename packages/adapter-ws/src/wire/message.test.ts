import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { decodeJson, encodeJson } from "./json-body.ts";
import { countNumbered, decodeMessage, encodeMessage, frameSize } from "./message.ts";
import { decodeNumbers, decodeNumbersAnd, encodeNumbers } from "./numbers.ts";
import { ByteReader, varintSize, writeVarint } from "./varint.ts";
import { closeCodes, WireFault } from "./wire-fault.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 100_000 : 2000 });

const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const frame = fc.record({ type: fc.nat(255), body: fc.uint8Array({ maxLength: 300 }) });
const message = fc.record({ received: count, first: count, frames: fc.array(frame, { maxLength: 10 }) });
const plain = (bytes: Uint8Array): number[] => [...bytes];

/** Runs it; anything but a {@link WireFault} comes out. */
function faultOf(run: () => unknown): WireFault | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof WireFault) return error;
    throw error;
  }
}

describe("numbers", () => {
  test("come back as they were written, in as many bytes as was said", () => {
    fc.assert(
      fc.property(count, (value) => {
        const bytes = new Uint8Array(varintSize(value));
        expect(writeVarint(bytes, 0, value)).toBe(bytes.length);
        expect(new ByteReader(bytes).varint()).toBe(value);
      }),
    );
  });

  test.each([
    ["cut off", [0x80]],
    ["longer than they need to be", [0x80, 0x00]],
    ["beyond what is safe", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]],
    ["without an end", Array(9).fill(0xff)],
  ])("that are %s are refused", (_, bytes) => {
    expect(faultOf(() => new ByteReader(Uint8Array.from(bytes)).varint())?.reason).toBe("protocol");
  });

  test("in a body come back, with the bytes behind them; a body of other numbers is refused", () => {
    fc.assert(
      fc.property(fc.array(count, { maxLength: 5 }), fc.uint8Array({ minLength: 1 }), (numbers, rest) => {
        expect(decodeNumbers(encodeNumbers(numbers), numbers.length)).toEqual(numbers);
        const [read, left] = decodeNumbersAnd(encodeNumbers(numbers, rest), numbers.length);
        expect([read, plain(left)]).toEqual([numbers, plain(rest)]);
        expect(faultOf(() => decodeNumbers(encodeNumbers([...numbers, 1]), numbers.length))).toBeDefined();
      }),
    );
  });
});

describe("messages", () => {
  test("come back as they were written", () => {
    fc.assert(
      fc.property(message, (sent) => {
        const { frames, ...numbers } = decodeMessage(encodeMessage(sent));
        expect(numbers).toEqual({ received: sent.received, first: sent.first });
        expect(frames.map(({ type, body }) => [type, plain(body)])).toEqual(
          sent.frames.map(({ type, body }) => [type, plain(body)]),
        );
        expect(countNumbered(frames)).toBe(sent.frames.filter(({ type }) => (type & 0x7f) >= 0x10).length);
      }),
    );
  });

  test("that are cut off anywhere, changed anywhere, or any bytes at all are read or refused, and nothing else", () => {
    const spoilt = fc
      .tuple(message, fc.nat(), fc.nat(255), fc.boolean())
      .map(([sent, at, byte, cut]): Uint8Array => {
        const bytes = encodeMessage(sent);
        if (cut) return bytes.subarray(0, at % bytes.length);
        bytes[at % bytes.length] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 500 })), (bytes) => {
        const fault = faultOf(() => {
          const { frames } = decodeMessage(bytes);
          const size = frames.reduce((sum, { body }) => sum + frameSize(body.length), 0);
          expect(size).toBeLessThanOrEqual(2 * bytes.length);
        });
        if (fault !== undefined) expect(["protocol", "version"]).toContain(fault.reason);
      }),
    );
  });

  test("of another version, and of too many frames, are refused with that reason", () => {
    expect(faultOf(() => decodeMessage(Uint8Array.of(2, 0, 0)))?.reason).toBe("version");
    const frames = Array.from({ length: 5 }, () => ({ type: 0x10, body: new Uint8Array() }));
    expect(faultOf(() => decodeMessage(encodeMessage({ received: 0, first: 1, frames }), 4))?.reason).toBe(
      "limit",
    );
    expect(Object.values(closeCodes).every((code) => code < 5000)).toBe(true);
  });
});

describe("headers of JSON", () => {
  const read = (text: string) => decodeJson(new TextEncoder().encode(text), z.unknown());

  test("come back as they were written", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const keys = JSON.stringify(value);
        fc.pre(!keys.includes("__proto__"));
        expect(decodeJson(encodeJson(value), z.unknown())).toEqual(JSON.parse(keys));
      }),
    );
  });

  test.each([
    ["nothing", "", "protocol"],
    ["half of it", '{"a":', "protocol"],
    ["the key that nobody may have", '{"a":{"__proto__":{"x":1}}}', "forbidden"],
    ["200,000 levels", "[".repeat(200_000) + "]".repeat(200_000), "limit"],
  ])("with %s are refused", (_, text, reason) => {
    expect(faultOf(() => read(text))?.reason).toBe(reason);
  });

  test.each([
    ["lists", Array.from({ length: 200_000 }, (_, i) => i)],
    ["objects", Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i]))],
  ])("have %s as long as their bytes allow", (_, value) => {
    expect(read(JSON.stringify(value))).toEqual(value);
  });

  test("that are not UTF-8, or of another shape, are refused", () => {
    expect(faultOf(() => decodeJson(Uint8Array.of(0x22, 0xff, 0x22), z.unknown()))?.reason).toBe("protocol");
    expect(faultOf(() => decodeJson(encodeJson({ a: 1 }), z.strictObject({ a: z.string() })))?.message).toBe(
      'a header is invalid at "a"',
    );
  });
});
