import { expect, test } from "vitest";
import { closeReason } from "./close-reason.ts";

test("a reason that fits into a close frame stays as it is", () => {
  expect(closeReason("")).toBe("");
  expect(closeReason("x".repeat(123))).toBe("x".repeat(123));
  expect(closeReason("€".repeat(41))).toBe("€".repeat(41));
});

test("a longer one is cut to 123 bytes, never within a character", () => {
  expect(closeReason("x".repeat(124))).toBe("x".repeat(123));
  expect(closeReason(`x${"€".repeat(41)}`)).toBe(`x${"€".repeat(40)}`);
  expect(closeReason("😀".repeat(40))).toBe("😀".repeat(30));
  expect(new TextEncoder().encode(closeReason("\ud800".repeat(100))).length).toBeLessThanOrEqual(123);
});
