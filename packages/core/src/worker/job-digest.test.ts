import { expect, test } from "vitest";
import type { AnyJobModule } from "../control/job-registry.ts";
import { jobDigest } from "./job-digest.ts";

const params: AnyJobModule["params"] = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
};
const module: AnyJobModule = { name: "count", params, build: (env) => env.name };

test("a digest is the same for the same module, wherever it is made", () => {
  expect(jobDigest(module)).toMatch(/^[0-9a-f]{16}$/);
  expect(jobDigest({ ...module })).toBe(jobDigest(module));
});

test("it is another one for another name, other options, another version, and other code", () => {
  const others: AnyJobModule[] = [
    { ...module, name: "counts" },
    { ...module, options: { maxBatch: 7 } },
    { ...module, version: "2" },
    { ...module, version: "3" },
    { ...module, build: (env) => env.name.length },
  ];
  expect(new Set([module, ...others].map(jobDigest)).size).toBe(6);
});

test("where a version is given, how the code was compiled makes no difference", () => {
  const one = { ...module, version: "1.2.3" };
  expect(jobDigest({ ...one, build: (env) => env.name.length })).toBe(jobDigest(one));
});
