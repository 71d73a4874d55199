import { manifestLimitBytes, parseManifest } from "@sage-kernel/examples/census/manifest";
import { describe, expect, test } from "vitest";

const path = "/folder/package.json";
const parse = (content: string) => parseManifest({ path, content });

test.each([
  { what: "an SPDX expression", fields: { license: "(MIT OR Apache-2.0)" }, license: "(MIT OR Apache-2.0)" },
  { what: "words", fields: { license: "SEE LICENSE IN LICENSE.txt" }, license: "SEE LICENSE IN LICENSE.txt" },
  { what: "an object", fields: { license: { type: "ISC", url: "https://example.org" } }, license: "ISC" },
  { what: "a list of one", fields: { licenses: [{ type: "MIT" }] }, license: "MIT" },
  {
    what: "a list",
    fields: { licenses: [{ type: "MIT" }, { type: "GPL-2.0" }] },
    license: "(MIT OR GPL-2.0)",
  },
  { what: "a list of names", fields: { license: ["MIT", "ISC"] }, license: "(MIT OR ISC)" },
  { what: "both fields", fields: { license: "MIT", licenses: [{ type: "ISC" }] }, license: "MIT" },
  { what: "an empty list", fields: { licenses: [] }, license: "(none)" },
  { what: "an object without type", fields: { license: { url: "https://example.org" } }, license: "(none)" },
  { what: "nothing", fields: {}, license: "(none)" },
  { what: "a blank", fields: { license: " " }, license: "(none)" },
  { what: "null", fields: { license: null }, license: "(none)" },
])("a licence given as $what is $license", ({ fields, license }) => {
  const content = JSON.stringify({ name: "sample", version: "1.0.0", ...fields });

  expect(parse(content)).toEqual({ path, name: "sample", license });
});

test("a byte order mark is no part of the JSON", () => {
  expect(parse('\uFEFF{ "name": "sample" }')).toMatchObject({ name: "sample" });
});

test.each(["{}", '{ "type": "module" }', '{ "name": "" }'])("%s describes no package", (content) => {
  expect(parse(content)).toBeUndefined();
});

describe("a package.json is refused", () => {
  test.each([
    { what: "it is empty", content: "", reason: "JSON" },
    { what: "it is broken", content: '{ "name": "sample", }', reason: "JSON" },
    { what: "it is null", content: "null", reason: "is no JSON object" },
    { what: "it is a list", content: "[]", reason: "is no JSON object" },
    { what: "its name is a number", content: '{ "name": 7 }', reason: "has a name that is no string" },
    { what: "its name is null", content: '{ "name": null }', reason: "has a name that is no string" },
    {
      what: "its version is a number",
      content: '{ "name": "sample", "version": 1 }',
      reason: "has a version that is no string",
    },
  ])("when $what", ({ content, reason }) => {
    expect(() => parse(content)).toThrow(reason);
  });

  test("when it was too long to be kept", () => {
    expect(() => parseManifest({ path })).toThrow(`is longer than ${manifestLimitBytes} bytes`);
  });
});
