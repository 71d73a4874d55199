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

  test.each([[{ limit: 0 }], [{ limit: 1001 }], [{ limit: Number.NaN }], [{ after: "job-9" }]])(
    "refuses %j",
    (options) => {
      expect(failureOf(() => pageOf(all(3), same, options))).toMatchObject({ code: "INVALID_OPTION" });
    },
  );
});
