import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { Batch, callQueueOptions } from "@sage-kernel/core/spi";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { callCheck, recordCheck } from "./largest-record.ts";

const most = 16_384;
const codec = new CallCodec({ monotonic: () => 0 }, new BatchCodec());
const replyTo = { kind: "ws", id: "replies", capacity: 10, options: callQueueOptions };

/** What either check throws. */
const refused = (check: (batch: Batch) => void, batch: Batch): unknown => {
  try {
    check(batch);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return undefined;
};

test("what is small at a glance would have passed the check of what is written, and nothing large is taken for small", () => {
  const long = fc.tuple(fc.string({ unit: "binary", minLength: 1 }), fc.integer({ min: 1, max: 9000 }));
  const text = long.map(([some, times]) => some.repeat(times).slice(0, 20_000));
  const data = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
    text,
    fc.dictionary(fc.string(), text, { maxKeys: 3 }),
    text.map((long) => new Map([[1, long]])),
  );
  const request = fc.record({
    args: fc.array(data, { maxLength: 3 }),
    headers: fc.constantFrom(undefined, { a: "b" }),
  });
  let large = 0;
  fc.assert(
    fc.property(request, data, ({ args, headers }, value) => {
      const facts = {
        id: 1,
        service: "s",
        method: "m",
        replyTo,
        deadline: 5,
        chain: [],
        idempotencyKey: undefined,
      };
      const messages = [
        { kind: "request", ...facts, args, headers },
        { kind: "response", id: 1, executionMs: 1, ok: true, value },
      ];
      for (const message of messages) {
        const batch = new Batch(0, 0, [message]);
        const encode = (each: Batch): Uint8Array => codec.encode(each);
        const expected = refused(recordCheck(encode, most), batch);
        if (expected === "INVALID_OPTION") large++;
        if (expected !== "NOT_SERIALIZABLE") expect(refused(callCheck(encode, most), batch)).toBe(expected);
      }
    }),
    { numRuns: 500 },
  );
  expect(large).toBeGreaterThan(20);
});

test("what is small is not written twice", () => {
  let written = 0;
  const check = callCheck((batch) => {
    written++;
    return codec.encode(batch);
  }, most);
  const message = { kind: "request", id: 1, service: "s", method: "m", replyTo, deadline: 5, chain: [] };
  check(new Batch(0, 0, [{ ...message, args: [1, "a", { b: [true, null] }] }]));

  expect(written).toBe(0);
});
