import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { contractSuites, contractsPage } from "@sage-kernel/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { documents, read, root, snippets } from "./snippets.ts";

const folder = new URL("../snippets/", import.meta.url);
const all = snippets();

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  all.forEach(({ code }, i) => {
    writeFileSync(new URL(`snippet-${i}.ts`, folder), code);
  });
  writeFileSync(
    new URL("tsconfig.json", folder),
    JSON.stringify({ extends: "../tsconfig.json", include: ["*.ts"] }),
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("snippets in the documents", () => {
  it("exist", () => {
    expect(all.length).toBeGreaterThan(2);
  });

  it("compile without a type error", () => {
    const tsc = createRequire(import.meta.url)
      .resolve("typescript/package.json")
      .replace("package.json", "bin/tsc");

    const output = execFileSync(process.execPath, [tsc, "-p", fileURLToPath(folder)], { encoding: "utf8" });

    expect(output).toBe("");
  });

  it.each(all.map((snippet, i) => ({ ...snippet, i })))(
    "print what they say: $place",
    async ({ i, prints }) => {
      const printed: string[] = [];
      const log = vi
        .spyOn(console, "log")
        .mockImplementation((...args) => void printed.push(format(...args)));

      await import(/* @vite-ignore */ new URL(`snippet-${i}.ts`, folder).href);
      log.mockRestore();

      expect(printed).toEqual(prints);
    },
  );
});

describe("links in the documents", () => {
  it.each(documents())("lead somewhere: %s", (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      (match) => match[1] as string,
    );
    const missing = links.filter((link) => !existsSync(new URL(link, new URL(document, root))));

    expect(missing).toEqual([]);
  });
});

describe("the architecture page", () => {
  it("has core's layers in their order", () => {
    const { layers } = JSON.parse(read("packages/core/layers.json")) as { layers: string[] };
    const line = /<!-- layers -->\s*(.*?)\s*<!-- \/layers -->/s.exec(read("ARCHITECTURE.md"))?.[1];

    expect(line).toBe(layers.join(" → "));
    for (const layer of layers)
      expect(read("ARCHITECTURE.md")).toMatch(new RegExp(`^\\| \`${layer}\` +\\|`, "m"));
  });
});

describe("the page of contracts", () => {
  it("says what the contracts say: `pnpm contracts --write` brings it up to date", () => {
    expect(read("docs/contracts.md")).toBe(contractsPage(contractSuites));
  });

  it("has every id once", () => {
    const ids = contractSuites.flatMap(({ cases, mutants }) => [...cases, ...mutants].map(({ id }) => id));

    expect(ids.length).toBeGreaterThan(400);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });
});

describe("the error codes", () => {
  const catalogs = ["catalog.ts", "service-catalog.ts"].map((file) =>
    read(`packages/core/src/errors/${file}`),
  );
  const codes = [...catalogs.join("\n").matchAll(/^ {2}([A-Z_]+): \{$/gm)].map((m) => m[1] as string);
  const sources = readdirSync(new URL("packages/", root), { recursive: true, encoding: "utf8" })
    .filter((path) => /^[\w-]+\/src\/.*(?<!\.test)\.ts$/.test(path) && !path.endsWith("catalog.ts"))
    .map((path) => read(`packages/${path}`))
    .join("\n");

  it.each(codes)("are all thrown somewhere: %s", (code) => {
    expect(sources).toMatch(new RegExp(`new SageError\\(\\s*"${code}"`));
  });
});
