import { Batch, callQueueOptions, type ServiceMessage } from "@sage-kernel/core/spi";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BatchCodec } from "./batch-codec.ts";
import { CallCodec } from "./call-codec.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const codecAt = (now: number): CallCodec => new CallCodec({ monotonic: () => now }, new BatchCodec());
const replyTo = { kind: "redis", id: "replies-1", capacity: 5, options: callQueueOptions };
const request = (args: readonly unknown[]): ServiceMessage => ({
  kind: "request",
  id: 7,
  service: "v",
  method: "process",
  args,
  replyTo,
  deadline: 1500,
  chain: [],
  idempotencyKey: undefined,
  headers: undefined,
});
const response = (value: unknown): ServiceMessage => ({
  kind: "response",
  id: 7,
  executionMs: 2,
  ok: true,
  value,
});

describe("messages as bytes", () => {
  test("have arguments and results of every kind of data, and what is left of their deadlines", () => {
    const data = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(fc.array(data), data, (args, value) => {
        const bytes = codecAt(1000).encode(new Batch(0, 0, [request(args), response(value)]));
        const { payloads } = codecAt(5000).decode(bytes, "q");
        expect(payloads).toEqual([{ ...request(args), deadline: 5500 }, response(value)]);
      }),
    );
  });

  test("can be written as JSON, and are read by those that write otherwise", () => {
    const readable = new CallCodec({ monotonic: () => 1000 }, new BatchCodec("json"));
    const batch = new Batch(0, 0, [request([{ a: 1 }]), response([2])]);

    expect(readable.encode(batch).toString()).toContain('"method":"process"');
    expect(codecAt(1000).decode(readable.encode(batch), "q")).toEqual(batch);
    expect(readable.decode(codecAt(1000).encode(batch), "q")).toEqual(batch);
  });

  test("take few bytes: what all have in common stands there once", () => {
    const bytes = (count: number): number =>
      codecAt(0).encode(
        new Batch(
          0,
          0,
          Array.from({ length: count }, () => request([1])),
        ),
      ).length;

    expect((bytes(65) - bytes(1)) / 64).toBeLessThan(30);
  });

  test("that are none go the way of all records", () => {
    const batch = new Batch(3, 5, [{ a: 1 }], ["k"], undefined, undefined);

    expect(codecAt(0).decode(codecAt(0).encode(batch), "q")).toEqual(batch);
  });

  test("are refused with the path of what is no data", () => {
    const batch = new Batch(0, 0, [request([1, { deep: () => 1 }])]);

    expect(() => codecAt(0).encode(batch)).toThrow(
      expect.objectContaining({
        code: "NOT_SERIALIZABLE",
        details: expect.objectContaining({ path: "args[1].deep" }),
      }),
    );
  });

  test("that were not written like this are refused, or come out for a receiver to discard", () => {
    fc.assert(
      fc.property(fc.constantFrom(3, 4, 9), fc.uint8Array({ maxLength: 40 }), (version, rest) => {
        try {
          codecAt(0).decode(Buffer.from([version, ...rest]), "q");
        } catch (error) {
          expect(error).toMatchObject({ code: "ENTRY_UNREADABLE" });
        }
      }),
    );
  });
});
