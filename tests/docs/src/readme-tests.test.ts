import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { read } from "./snippets.ts";

/** The tests that the documents show, as they are for `node:test`; `readme-tests.node-test.mjs` runs them there. */
const blocks = ["README.md", "docs/testing.md"].flatMap((document) =>
  [...read(document).matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1] as string),
);

const folder = new URL("../shown-tests/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [i, code] of blocks.entries()) {
  const file = new URL(`shown-${i}.ts`, folder);
  writeFileSync(file, code.replace('from "node:test"', 'from "vitest"'));
  await import(/* @vite-ignore */ file.href); // declares its tests here
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the documents show tests that are for both runners", () => {
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) expect(block).toContain('from "node:test"; // or "vitest"');
});
