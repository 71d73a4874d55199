/** The tests that the documents show, run by `node:test` on the packages as built. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";

const root = new URL("../../../", import.meta.url);
const folder = new URL("../shown-node-tests/", import.meta.url);
mkdirSync(folder, { recursive: true });
let count = 0;
for (const document of ["README.md", "docs/testing.md"]) {
  const text = readFileSync(new URL(document, root), "utf8");
  for (const [, code] of text.matchAll(/^```js\n(.*?)^```$/gms)) {
    const file = new URL(`shown-${count++}.mjs`, folder);
    writeFileSync(file, code);
    await import(file.href); // declares its tests here
  }
}

after(() => rmSync(folder, { recursive: true, force: true }));

test("the documents show tests", () => assert.ok(count > 1));
