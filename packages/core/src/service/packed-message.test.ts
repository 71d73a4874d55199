import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cancel, request } from "../../test-support/service-messages.ts";
import { encodeError } from "../errors/wire-error.ts";
import { isMessage, packMessages, unpackMessages } from "./packed-message.ts";
import type { ServiceMessage } from "./wire-message.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const error = encodeError(new TypeError("kk"));
const other = { kind: "redis", id: "replies-2", capacity: 9, options: { mode: "call" } };
const messages: readonly ServiceMessage[] = [
  request,
  { ...request, id: 8, replyTo: other, idempotencyKey: "k" },
  { ...request, id: 9, headers: { trace: "t" } },
  cancel,
  { kind: "response", id: 7, executionMs: 2, ok: true, value: { a: [1] } },
  { kind: "response", id: 7, executionMs: 2, ok: true, value: undefined },
  { kind: "response", id: 7, executionMs: 2, ok: true, value: null },
  { kind: "response", id: 7, executionMs: 2, ok: false, error },
  { kind: "drop", id: 7, share: "1/6", place: "p", node: "n", why: "filtered" },
];

/** Over the wire, from a machine whose clock shows `sent` to one whose clock shows `received`. */
const send = (list: readonly ServiceMessage[], sent = 1000, received = sent): readonly unknown[] =>
  unpackMessages(JSON.parse(JSON.stringify(packMessages(list, sent))), received);

describe("packed messages", () => {
  test("come out as they were, each with its own queue of replies", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...messages), { maxLength: 20 }), (list) => {
        expect(send(list)).toEqual(list);
        expect(list.every(isMessage)).toBe(true);
      }),
    );
  });

  test("keep what is left of their deadlines, whatever the clocks show", () => {
    const clock = fc.integer({ min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(clock, clock, fc.integer({ min: -1000, max: 100_000 }), (sent, received, left) => {
        const list = [request, cancel].map((message) => ({ ...message, deadline: sent + left }));
        const deadlines = send(list, sent, received).map((message) => (message as typeof cancel).deadline);
        expect(deadlines).toEqual([received + left, received + left]);
      }),
    );
  });

  test("name each queue once", () => {
    expect(packMessages([request, cancel, request], 0)[0]).toEqual([request.replyTo]);
  });

  test("from anybody are refused, or come out as something that a receiver can look at", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        for (const fields of [json, [[], json], [json, []], [[], [[0, json]]]]) {
          try {
            expect(Array.isArray(unpackMessages(fields, 0))).toBe(true);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(TypeError);
          }
        }
      }),
    );
  });
});

test.each([[undefined], [null], [5], ["request"], [{}], [{ kind: "record" }]])(
  "%o is no message",
  (payload) => {
    expect(isMessage(payload)).toBe(false);
  },
);
