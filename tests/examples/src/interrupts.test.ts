import { spawnSync } from "node:child_process";
import { createWriteStream, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { interruptItself } from "./support/interrupt-itself.ts";
import { buildExamples, startExample } from "./support/run-example.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

beforeAll(buildExamples, 120_000);

const line = '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12 "-" "an agent with a name"\n';

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends the reading, and what was read is reported",
  async (signal) => {
    // A pipe: the program cannot come to its end before the test lets it.
    const pipe = join(temporaryFolder(), "pipe");
    spawnSync("mkfifo", [pipe]);
    const program = startExample("access-log", ["--json", "--input", pipe]);
    const writer = createWriteStream(pipe).on("error", () => undefined);
    const block = 3000;
    await new Promise((resolve) => writer.write(line.repeat(block), resolve));

    program.signal(signal);
    await program.said("stopping: finishing what was read");
    writer.end(line.repeat(block));
    const { code, stdout } = await program.ended;

    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ interrupted: true, deadLetters: 0, ledger: { balanced: true } });
    expect(result.records).toBeGreaterThan(0);
    expect(result.records).toBeLessThan(2 * block);
    expect(result.status).toEqual({ "200": result.records });
    expect(code).toBe(0);
  },
);

test("an interrupted census reports the files that it read, each with its licence", async () => {
  const names = Array.from({ length: 300 }, (_, i) => [`${i}.txt`, `${i}\n`]);
  const folder = temporaryFolder({ ...Object.fromEntries(names), "package.json": '{ "name": "sample" }' });
  const flags = ["--json", "--dir", folder, "--concurrency", "1", "--parallelism", "1", "--capacity", "1"];

  const { code, stdout } = await startExample("census", flags, [interruptItself]).ended;

  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ interrupted: true, ledger: { balanced: true, undelivered: 0 } });
  expect(result.files).toBe(result.ledger.read);
  expect(result.files).toBeLessThan(300);
  const byLicense = Object.values<{ readonly files: number }>(result.licenses);
  expect(byLicense.reduce((sum, { files }) => sum + files, 0)).toBe(result.files);
  expect(code).toBe(0);
});

test("a second Ctrl-C stops at once, in the middle of a file, with exit code 130", async () => {
  const folder = temporaryFolder();
  const endless = join(folder, "endless");
  writeFileSync(endless, "");
  truncateSync(endless, 64 * 1024 ** 3);
  const program = startExample("census", ["--dir", folder], [interruptItself]);
  await program.said("stopping: finishing what was read");

  program.signal("SIGINT");
  const { code, stdout } = await program.ended;

  expect(stdout).toBe("");
  expect(code).toBe(130);
});

test("a reader that closes early is no failure", async () => {
  const program = startExample("census", ["--dir", temporaryFolder({ a: "" })]);

  program.closeOutput();
  const { code, stderr } = await program.ended;

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
