import { Batch } from "@sage-kernel/core/spi";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchCodec } from "./batch-codec.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 20_000 : 1000 });

const codec = new BatchCodec();
const again = (batch: Batch): Batch => codec.decode(codec.encode(batch), "q");

/** All that may leave a process, nested. */
const data: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(
      null,
      undefined,
      true,
      -0,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      "",
      "__proto__",
    ),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.date(),
    fc.uint8Array(),
    fc.float32Array(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
})).value as fc.Arbitrary<unknown>;

const batches = fc
  .tuple(fc.nat(), fc.nat(), fc.array(data, { maxLength: 5 }), fc.boolean(), fc.boolean(), fc.boolean())
  .map(([channel, firstSeq, payloads, keyed, headed, stops]) => {
    const keys = payloads.map((_, i) => (i % 3 === 0 ? BigInt(i) : i % 3 === 1 ? `k${i}` : null));
    const headers = payloads.map((_, i) => (i % 2 === 0 ? undefined : { trace: `t${i}` }));
    const stop = stops ? { source: "map-1#0", time: 17 } : undefined;
    return new Batch(
      channel,
      firstSeq,
      payloads,
      keyed ? keys : undefined,
      headed ? headers : undefined,
      stop,
    );
  });

describe("BatchCodec", () => {
  test("can write all as JSON, which is read by those that write otherwise", () => {
    const readable = new BatchCodec("json");
    expect(readable.encode(new Batch(0, 7, [{ a: 1 }])).toString()).toContain('[0,7,[{"a":1}]');
    fc.assert(
      fc.property(batches, (batch) => {
        expect(codec.decode(readable.encode(batch), "q")).toEqual(batch);
        expect(readable.decode(codec.encode(batch), "q")).toEqual(batch);
      }),
    );
  });

  test("reads what it has written, whatever that is made of", () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(again(batch)).toEqual(batch);
        for (const [i, payload] of batch.payloads.entries())
          expect(Object.is(again(batch).payloads[i], -0)).toBe(Object.is(payload, -0));
      }),
    );
  });

  test("shares nothing between entries: each can be read by itself, by somebody else", () => {
    const [first, second] = [new Batch(0, 0, [{ a: 1, b: 2 }]), new Batch(0, 1, [{ a: 3, b: 4 }])];
    codec.encode(first);
    const bytes = codec.encode(second);

    expect(new BatchCodec().decode(bytes, "q")).toEqual(second);
  });

  test("refuses what is no data, with its path", () => {
    expect(() => codec.encode(new Batch(0, 0, [{ a: [() => 1] }]))).toThrow(
      expect.objectContaining({
        code: "NOT_SERIALIZABLE",
        details: expect.objectContaining({ path: "record.a[0]" }),
      }),
    );
  });

  test("answers or refuses any bytes, with an error of its own", () => {
    const valid = codec.encode(new Batch(1, 2, [{ a: "x" }, [1, 2]], ["k", "l"]));
    const mutated = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = Buffer.from(valid);
      bytes[at] = byte;
      return bytes;
    });
    const truncated = fc.nat(valid.length).map((length) => valid.subarray(0, length));
    const versioned = fc
      .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 40 }))
      .map(([version, bytes]) => Buffer.from([version, ...bytes]));
    fc.assert(
      fc.property(fc.oneof(mutated, truncated, versioned), (bytes) => {
        let error: unknown;
        let batch: Batch | undefined;
        try {
          batch = codec.decode(bytes, "q");
        } catch (thrown) {
          error = thrown;
        }
        if (batch === undefined) expect(error).toMatchObject({ code: "ENTRY_UNREADABLE" });
        else expect(batch).toBeInstanceOf(Batch);
      }),
    );
    expect(Object.prototype).not.toHaveProperty("polluted");
  });

  test.each([
    ["__proto__", '{"__proto__":{"polluted":1}}'],
    ["a list that is too long", "[0,0,[1],[1,2],null,null]"],
  ])("leaves everything as it is for %s", (_, json) => {
    const bytes = Buffer.concat([Buffer.from([2]), Buffer.from(json)]);

    expect(() => codec.decode(bytes, "q")).toThrow(expect.objectContaining({ code: "ENTRY_UNREADABLE" }));
    expect({}).not.toHaveProperty("polluted");
  });
});
