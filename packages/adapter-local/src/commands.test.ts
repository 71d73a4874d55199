import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { checkDeployment } from "./deployment.ts";
import { local } from "./local.ts";

const folder = mkdtempSync(join(tmpdir(), "sage-commands-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command of this package to its end. */
function run(name: string, ...args: string[]): Promise<{ readonly code: number; readonly errors: string }> {
  const program = fileURLToPath(new URL(`../bin/${name}.mjs`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, _, errors) => {
      resolve({ code: Number(error?.code ?? 0), errors });
    });
  });
}

function configured(text: string): string {
  const file = join(folder, `${Math.abs(text.length)}.mjs`);
  writeFileSync(file, text);
  return file;
}

describe.each(["sage-worker", "sage-jobmanager"])("the command %s", (name) => {
  test("says how it is used", async () => {
    expect(await run(name, "--help")).toMatchObject({
      code: 0,
      errors: expect.stringContaining(`${name} --config FILE`),
    });
    expect(await run(name)).toMatchObject({
      code: 2,
      errors: expect.stringContaining(`${name} --config FILE`),
    });
  });

  test("refuses flags and files that are none", async () => {
    expect(await run(name, "--confg", "x")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("--confg"),
    });
    expect(await run(name, "--config", join(folder, "missing.mjs"))).toMatchObject({
      code: 1,
      errors: expect.stringContaining("missing.mjs"),
    });
    expect(await run(name, "--config", configured("export const nothing = 1;"))).toMatchObject({
      code: 1,
      errors: expect.stringContaining("export default defineDeployment"),
    });
    expect(await run(name, "--config", configured("export default { jobs: [] };"))).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/runtime/),
    });
  });
});

describe("a deployment", () => {
  const runtime = { adapters: [local()] };
  const channel = () => Promise.reject(new Error("never opened"));

  test("is completed with a name that no other process has", () => {
    const { worker } = checkDeployment({ runtime, channel, jobs: [] });

    expect(worker.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
    expect(worker.name).toContain(String(process.pid));
    expect(worker.drainTimeoutMs).toBe(25_000);
  });

  test.each([
    [{ runtime: {}, channel, jobs: [] }, "runtime.adapters"],
    [{ runtime: { adapters: [] }, channel, jobs: [] }, "runtime.adapters"],
    [{ runtime, channel: "redis://", jobs: [] }, "channel"],
    [{ runtime, channel, jobs: [], workers: {} }, "workers"],
    [{ runtime, channel, jobs: [], worker: { slot: 1 } }, "worker.slot"],
  ])("is refused where it is none: %#", (given, path) => {
    expect(() => checkDeployment(given as never)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ path }) }),
    );
  });
});
