import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cancel, request } from "../../test-support/service-messages.ts";
import { cancelProblemOf, requestProblemOf, responseProblemOf, type ShapeProblem } from "./message-shapes.ts";
import type { ServiceCancel, ServiceResponse } from "./service-message.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 5000 : 300 });

const answer: ServiceResponse = { kind: "response", id: 7, executionMs: 2, ok: true, value: 1 };
const failure = {
  kind: "response",
  id: 7,
  executionMs: 2,
  ok: false,
  error: { name: "Error", message: "no" },
};

type ProblemOf = (message: unknown) => ShapeProblem | undefined;

const messages: readonly (readonly [string, object, ProblemOf])[] = [
  ["request", request, requestProblemOf],
  ["cancellation", cancel, cancelProblemOf],
  ["answer", answer, responseProblemOf],
  ["failure", failure, responseProblemOf],
];

/** What hardly any field may be. */
const never = [null, true, 1n, Symbol("s"), () => 1, new Date(0)];

/** What is wrong in each field beside that. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  kind: [undefined, "call", ["request"], {}, 1],
  id: [undefined, -1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY, "7", [], {}],
  service: [undefined, 1, [], ["v"], {}],
  method: [undefined, 1, [], { toString: () => "process" }],
  args: [undefined, "no", 1, {}, { length: 1, 0: 1 }],
  replyTo: [
    undefined,
    "local",
    1,
    [],
    {},
    { kind: "local" },
    { id: "x" },
    { kind: 1, id: "x" },
    { kind: "x", id: null },
  ],
  deadline: [undefined, Number.NaN, "1500", [], {}],
  chain: [undefined, "job/a", {}, [1], ["job/a", null], [["job/a"]], [undefined]],
  idempotencyKey: [1, [], {}],
  headers: ["trace", 1, [], ["a"], { a: 1 }, { a: "b", c: null }, { a: undefined }],
  executionMs: [undefined, Number.NaN, "2", [], {}],
  ok: [undefined, "true", 0, 1, [], {}],
  error: [undefined, "no", 1, [], {}, { name: "Error" }, { message: "no" }, { name: 1, message: "no" }],
};
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  request: [
    "kind",
    "id",
    "service",
    "method",
    "args",
    "replyTo",
    "deadline",
    "chain",
    "idempotencyKey",
    "headers",
  ],
  cancellation: ["kind", "id", "replyTo", "deadline"],
  answer: ["kind", "id", "executionMs", "ok"],
  failure: ["kind", "id", "executionMs", "ok", "error"],
};
/** Where it is right all the same; a Date is an object, and one without any header. */
const rightAllTheSame = (field: string, value: unknown): boolean =>
  (field === "ok" && value === true) || (field === "headers" && value instanceof Date);

const oneWrong = messages.flatMap(([title, message, problemOf]) =>
  (fieldsOf[title] ?? []).flatMap((field) =>
    [...(wrong[field] ?? []), ...never]
      .filter((value) => !rightAllTheSame(field, value))
      .map((value) => ({ title, message, problemOf, field, value })),
  ),
);

describe("a message in order", () => {
  test.each(messages)("has no problem: %s", (_, message, problemOf) => {
    expect(problemOf(message)).toBeUndefined();
  });

  test.each<[string, object, ProblemOf]>([
    ["the first id there is", { ...request, id: 0 }, requestProblemOf],
    ["the last id there is", { ...cancel, id: Number.MAX_SAFE_INTEGER }, cancelProblemOf],
    ["no arguments and an empty name", { ...request, args: [], service: "", chain: [] }, requestProblemOf],
    ["any arguments", { ...request, args: [null, undefined, () => 1] }, requestProblemOf],
    ["a deadline without end", { ...request, deadline: Number.POSITIVE_INFINITY }, requestProblemOf],
    ["a deadline before all time", { ...cancel, deadline: -1 }, cancelProblemOf],
    ["a key and headers", { ...request, idempotencyKey: "", headers: { a: "b" } }, requestProblemOf],
    ["fields of no message beside", { ...request, more: 1, toString: null }, requestProblemOf],
    ["a result of undefined", { ...answer, value: undefined }, responseProblemOf],
    ["an error beside its result", { ...answer, error: 5 }, responseProblemOf],
    ["no prototype", Object.assign(Object.create(null), request), requestProblemOf],
  ])("may have %s", (_, message, problemOf) => {
    expect(problemOf(message)).toBeUndefined();
  });
});

describe("a message out of order", () => {
  test.each(oneWrong)("is told by the field that is wrong: $title with $field $value", (facts) => {
    const { message, field, value, problemOf } = facts;

    expect(problemOf({ ...message, [field]: value })).toEqual({
      path: field,
      problem: expect.stringMatching(/^is ./),
    });
  });

  test.each(messages)(
    "is told by the first of two fields that are wrong: %s",
    (title, message, problemOf) => {
      const broken = Object.fromEntries((fieldsOf[title] ?? []).map((field) => [field, null]));

      expect(problemOf({ ...message, ...broken })?.path).toBe("kind");
      expect(problemOf({ ...message, ...broken, kind: (message as ServiceCancel).kind })?.path).toBe("id");
    },
  );

  test("is no object", () => {
    const none = [undefined, null, "request", 1, true, 1n, Symbol("s"), [], [request], () => request];
    for (const message of none) {
      for (const [, , problemOf] of messages) expect(problemOf(message)?.path).toBe("message");
    }
  });

  test.each(messages)("is no message of another kind: %s", (_, message, problemOf) => {
    const others = [requestProblemOf, cancelProblemOf, responseProblemOf].filter((of) => of !== problemOf);
    for (const of of others) expect(of(message)).toMatchObject({ path: "kind" });
  });
});

describe("a message from a hostile peer", () => {
  test.each(messages)("gets no field from a key __proto__: %s", (title, message, problemOf) => {
    const { kind, ...rest } = message as ServiceCancel;
    const [first] = (fieldsOf[title] ?? []).slice(1);
    const json = `{"kind":${JSON.stringify(kind)},"__proto__":${JSON.stringify(rest)}}`;

    expect(problemOf(JSON.parse(json))?.path).toBe(first);
    expect(problemOf({ ...JSON.parse(json), ...message })).toBeUndefined();
  });

  test("has no headers from a key __proto__ but text, like all of them", () => {
    const headers = JSON.parse('{"a":"b","__proto__":{"c":"d"}}');

    expect(requestProblemOf({ ...request, headers })).toMatchObject({ path: "headers" });
  });

  test.each(messages)("is refused, not thrown at whoever reads it: %s", (title, message, problemOf) => {
    for (const field of fieldsOf[title] ?? []) {
      const trap = Object.defineProperty({ ...message }, field, {
        get: () => {
          throw new Error("boom");
        },
      });

      expect(problemOf(trap)).toMatchObject({ problem: expect.any(String) });
    }
  });

  test("is read or refused, whatever it is, and stays as it was", () => {
    const any = fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true });
    const field = fc.constantFrom(...Object.keys(wrong));
    fc.assert(
      fc.property(any, fc.constantFrom(...messages), field, any, (nonsense, [, message], name, value) => {
        for (const each of [nonsense, { ...message, [name]: value }]) {
          const before = structuredClone(each);
          for (const [, , problemOf] of messages) {
            const problem = problemOf(each);
            if (problem !== undefined) expect(Object.keys(problem)).toEqual(["path", "problem"]);
          }
          expect(each).toEqual(before);
        }
      }),
    );
  });
});
