import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cancel, request } from "../../test-support/service-messages.ts";
import { encodeError } from "../errors/wire-error.ts";
import { decodeMessage, encodeMessage, type ServiceMessage } from "./wire-message.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const response = {
  kind: "response",
  id: 7,
  executionMs: 2,
  ok: true,
  value: 1,
} as const satisfies ServiceMessage;

/** Over the wire, from a machine whose clock shows `sent` to one whose clock shows `received`. */
const send = (message: ServiceMessage, sent = 1000, received = sent): ServiceMessage =>
  decodeMessage(JSON.parse(JSON.stringify(encodeMessage(message, sent))), received);

describe("a message over the wire", () => {
  test.each<ServiceMessage>([
    request,
    { ...request, idempotencyKey: "k", headers: { trace: "t" } },
    cancel,
    response,
    { kind: "response", id: 7, executionMs: 2, ok: false, error: encodeError(new TypeError("kk")) },
  ])("comes out as it was: %o", (message) => {
    expect(send(message)).toEqual(message);
  });

  test("has arguments and results of every kind of data", () => {
    const data = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(fc.array(data), data, (args, value) => {
        expect(send({ ...request, args })).toEqual({ ...request, args });
        expect(send({ ...response, value })).toEqual({ ...response, value });
      }),
    );
  });

  test("keeps what is left of its deadline, whatever the clocks show", () => {
    const clock = fc.integer({ min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(clock, clock, fc.integer({ min: -1000, max: 100_000 }), (sent, received, left) => {
        for (const message of [request, cancel]) {
          const { deadline } = send({ ...message, deadline: sent + left }, sent, received) as typeof cancel;

          expect(deadline - received).toBe(left);
        }
      }),
    );
  });

  test("is refused with the path of what is no data", () => {
    const args = [1, { deep: () => 1 }];

    expect(() => send({ ...request, args })).toThrow(
      expect.objectContaining({
        code: "NOT_SERIALIZABLE",
        details: { path: "args[1].deep", got: "a function" },
      }),
    );
  });
});

describe("a message from anybody", () => {
  const invalid = (path: string) =>
    expect.objectContaining({ code: "SERVICE_MESSAGE_INVALID", details: expect.objectContaining({ path }) });

  test.each<[string, unknown]>([
    ["kind", undefined],
    ["kind", 5],
    ["kind", { kind: "call" }],
    ["id", { ...encodeMessage(request, 0), id: -1 }],
    ["service", { ...encodeMessage(request, 0), service: {} }],
    ["method", { ...encodeMessage(request, 0), method: null }],
    ["args", { ...encodeMessage(request, 0), args: "no" }],
    ["replyTo", { ...encodeMessage(request, 0), replyTo: [] }],
    ["deadline", { ...encodeMessage(request, 0), remainingMs: "soon" }],
    ["chain", { ...encodeMessage(request, 0), chain: [1] }],
    ["headers", { ...encodeMessage(request, 0), headers: { a: 1 } }],
    ["args[0]", { ...encodeMessage(request, 0), args: [{ $: "Function", v: "x" }] }],
    ["replyTo", { ...encodeMessage(cancel, 0), replyTo: null }],
    ["ok", { ...encodeMessage(response, 0), ok: "yes" }],
    ["error", { ...encodeMessage(response, 0), ok: false }],
    ["value", { ...encodeMessage(response, 0), value: { $: "Date" } }],
  ])("is refused where it is wrong: %s of %o", (path, json) => {
    expect(() => decodeMessage(json, 0)).toThrow(invalid(path));
  });

  test("is read or refused, whatever it is, and leaves every prototype alone", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const kind = fc.constantFrom("request", "cancel", "response", "__proto__");
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), kind, fc.jsonValue(), (fields, kind, value) => {
        const json = JSON.parse(
          `{"kind":${JSON.stringify(kind)},"__proto__":${JSON.stringify(value)},"value":${JSON.stringify(value)}}`,
        );
        for (const each of [{ ...encodeMessage(request, 0), ...fields }, { ...json, ...fields }, json]) {
          try {
            decodeMessage(each, 0);
          } catch (error) {
            expect(error).toMatchObject({ code: "SERVICE_MESSAGE_INVALID" });
          }
        }
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      }),
    );
  });

  test("drops fields that are none of a message's", () => {
    const json = { ...encodeMessage(request, 1000), extra: 1 };

    expect(decodeMessage(json, 1000)).toEqual(request);
  });
});

describe("what tells of a dropped record", () => {
  const drop = { kind: "drop", id: 7, share: "1/6", place: "a#0/3:4", node: "a#0", why: "filtered" } as const;

  test("comes back as it went", () => {
    const json = JSON.parse(JSON.stringify(encodeMessage(drop, 5))) as unknown;
    expect(decodeMessage(json, 9)).toEqual(drop);
  });

  test.each(["id", "share", "place", "node", "why"] as const)("is refused without %s", (field) => {
    const { [field]: _, ...rest } = drop;
    expect(() => decodeMessage(rest, 0)).toThrow(
      expect.objectContaining({
        code: "SERVICE_MESSAGE_INVALID",
        details: expect.objectContaining({ path: field }),
      }),
    );
  });
});
