import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { fitReply } from "./fit-reply.ts";

const entry = fc.record({ id: fc.uuid(), text: fc.string({ maxLength: 60 }) });

describe("fitReply", () => {
  test("leaves what fits as it is, and takes entries off the end of a page that does not", () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 30 }),
        fc.integer({ min: 150, max: 2000 }),
        (entries, longest) => {
          const page = { entries, next: "more" };
          const fitted = fitReply(page, Math.max(longest, 250)) as unknown as typeof page;

          expect(JSON.stringify(fitted).length).toBeLessThanOrEqual(Math.max(longest, 250));
          expect(entries.slice(0, fitted.entries.length)).toEqual(fitted.entries);
          const cut = fitted.entries.length < entries.length;
          expect(fitted.next).toBe(cut ? fitted.entries.at(-1)?.id : "more");
        },
      ),
    );
  });

  test("goes on behind a job where entries are jobs", () => {
    const entries = [{ job: "a" }, { job: "b" }];

    expect(fitReply({ entries }, 36)).toEqual({ entries: [{ job: "a" }], next: "a" });
  });

  test.each([
    [{ entries: [{ id: "a", text: "x".repeat(100) }] }],
    [{ text: "x".repeat(100) }],
    ["x".repeat(100)],
  ])("refuses what does not fit even so: %j", (result) => {
    expect(failureOf(() => fitReply(result, 50))).toMatchObject({ code: "CONTROL_MESSAGE_INVALID" });
  });

  test("refuses what is no JSON, with its place", () => {
    const error = failureOf(() => fitReply({ entries: [{ bad: () => 1 }] }, 1000));

    expect(error).toEqual({
      code: "NOT_JSON",
      details: { path: "result.entries[0].bad", got: "a function" },
    });
  });
});
