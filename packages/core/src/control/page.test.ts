import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import type { Page } from "./job-control.ts";
import { pageOf } from "./page.ts";

const all = (count: number): string[] => Array.from({ length: count }, (_, i) => `job-${i}`);
const same = (entry: string): string => entry;

describe("pageOf", () => {
  test("gives everything once and in order, page by page", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 12 }), (count, limit) => {
        const read: string[] = [];
        let page: Page<string> = pageOf(all(count), same, { limit });
        for (;;) {
          read.push(...page.entries);
          if (page.next === undefined) break;
          expect(page.entries).toHaveLength(limit);
          page = pageOf(all(count), same, { limit, after: page.next });
        }
        expect(read).toEqual(all(count));
      }),
    );
  });

  test("gives what is wanted of it only", () => {
    const page = pageOf(all(5), same, { limit: 2, after: "job-0" }, (entry) => entry !== "job-1");

    expect(page).toEqual({ entries: ["job-2", "job-3"], next: "job-3" });
  });

  test("refuses to go on behind what is not there", () => {
    const error = failureOf(() => pageOf(all(3), same, { after: "job-9" }));

    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "after" } });
  });
});
