import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import type { JsonValue } from "../errors/json.ts";
import { idOf, readCommand, readReply } from "./control-message.ts";

const command = { v: 1, kind: "command", id: 0, op: "status", args: { job: "job-1" } };

/** Values that look like commands, wrong in one place. */
const nearlyCommands = fc
  .tuple(fc.constantFrom(...Object.keys(command), "more"), fc.jsonValue())
  .map(([key, value]) => ({ ...command, [key]: value }) as JsonValue);

describe("readCommand", () => {
  test("reads each operation with its arguments", () => {
    const all: [string, JsonValue][] = [
      ["submit", { name: "a", params: { b: [1] }, submissionKey: "k" }],
      ["list", { after: "a", limit: 3, state: "running" }],
      ["tasks", { job: "a" }],
      ["stop", { job: "a", drain: false, timeoutMs: 5 }],
      ["wait", { job: "a", timeoutMs: 5 }],
    ];
    for (const [op, args] of all) expect(readCommand({ ...command, op, args })).toMatchObject({ op, args });
  });

  test.each([
    [{ v: 2 }, "CONTROL_MESSAGE_INVALID", "v"],
    [{ op: "constructor" }, "CONTROL_MESSAGE_INVALID", "op"],
    [{ more: 1 }, "CONTROL_MESSAGE_INVALID", "message"],
    [{ args: [] }, "CONTROL_MESSAGE_INVALID", "args"],
    [{ args: {} }, "INVALID_OPTION", "job"],
    [{ args: { job: "a", more: 1 } }, "INVALID_OPTION", "more"],
    [{ op: "list", args: { limit: "3" } }, "INVALID_OPTION", "limit"],
  ])("refuses one with %j", (wrong, code, path) => {
    const error = failureOf(() => readCommand({ ...command, ...wrong } as JsonValue));

    expect(error).toMatchObject({ code, details: { path } });
  });

  test("answers or refuses whatever comes, with an error of its own", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue() as fc.Arbitrary<JsonValue>, nearlyCommands), (body) => {
        for (const read of [readCommand, readReply]) {
          const error = failureOf(() => read(body));
          expect([undefined, "CONTROL_MESSAGE_INVALID", "INVALID_OPTION", "JOB_PARAMS_INVALID"]).toContain(
            error?.code,
          );
        }
        const id = idOf(body);
        expect(id === undefined || Number.isSafeInteger(id)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("readReply", () => {
  test("reads results and errors", () => {
    const reply = { v: 1, kind: "reply", id: 3 };
    const error = { name: "Error", message: "no", code: "JOB_NOT_FOUND", details: { job: "a" } };

    expect(readReply({ ...reply, ok: true, result: null })).toEqual({ ...reply, ok: true, result: null });
    expect(readReply({ ...reply, ok: false, error })).toEqual({ ...reply, ok: false, error });
    for (const wrong of [
      5,
      { ...error, cause: null },
      { ...error, cause: { name: "Error" } },
      { ...error, details: 3 },
    ]) {
      expect(failureOf(() => readReply({ ...reply, ok: false, error: wrong } as JsonValue))).toMatchObject({
        code: "CONTROL_MESSAGE_INVALID",
      });
    }
  });
});
