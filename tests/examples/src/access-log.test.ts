import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildExamples, runExample, runJson } from "./support/run-example.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

beforeAll(buildExamples, 120_000);

interface Fields {
  readonly address?: string;
  readonly time?: string;
  readonly path?: string;
  readonly status?: number;
  readonly bytes?: number | "-";
}

function line(fields: Fields = {}): string {
  const {
    address = "10.0.0.1",
    time = "17/May/2015:10:05:03 +0000",
    path = "/",
    status = 200,
    bytes = 1,
  } = fields;
  return `${address} - - [${time}] "GET ${path} HTTP/1.1" ${status} ${bytes} "-" "agent \u00e9"`;
}

/** Writes a log and gives its path. */
function logOf(...texts: string[]): string {
  return join(temporaryFolder({ log: texts.join("") }), "log");
}

const sample = [
  line({ address: "10.0.0.2", path: "/b?query=1", bytes: 100 }),
  line({ address: "10.0.0.1", path: "/a", bytes: "-", status: 304 }),
  line({ address: "10.0.0.3", path: "/b?query=2", bytes: 30, time: "17/May/2015:11:59:59 -0700" }),
  line({ address: "10.0.0.1", path: "/c", bytes: 7, status: 404 }),
  '10.0.0.9 - - [17/May/2015:10:05:03 +0000] "GET /cut HTTP/1.1" 200 5 "-" "the last quote is missing',
  line({ address: "10.0.0.2", path: "/b", time: "01/Jun/2015:00:00:00 +0000" }),
];

test("a log is counted by status, hour, address and path", async () => {
  const result = await runJson("access-log", "--input", logOf(...sample.map((text) => `${text}\n`)));

  expect(result).toEqual({
    records: 5,
    deadLetters: 1,
    bytes: 138,
    status: { "200": 3, "304": 1, "404": 1 },
    hours: { "2015-05-17T10": 3, "2015-05-17T11": 1, "2015-06-01T00": 1 },
    addresses: 3,
    sessions: 4,
    restarts: 0,
    topByRequests: [
      ["10.0.0.1", 2],
      ["10.0.0.2", 2],
      ["10.0.0.3", 1],
    ],
    topByBytes: [
      ["10.0.0.2", 101],
      ["10.0.0.3", 30],
      ["10.0.0.1", 7],
    ],
    topPaths: [
      ["/b", 3],
      ["/a", 1],
      ["/c", 1],
    ],
    recordsPerSecond: expect.any(Number),
    ledger: expect.objectContaining({ balanced: true, deadLettered: 1 }),
  });
});

test("parallelism and queue capacity change nothing in the result of a log of many chunks", async () => {
  const count = 3000;
  const lines = Array.from({ length: count }, (_, i) =>
    i % 500 === 499
      ? `malformed ${i}\n`
      : `${line({ address: `10.0.${i % 7}.${i % 13}`, path: `/${i % 29}`, bytes: i })}\n`,
  );
  const input = logOf(...lines);
  const run = async (...flags: string[]) => {
    const { recordsPerSecond, ledger, ...rest } = await runJson("access-log", "--input", input, ...flags);
    expect(ledger.balanced).toBe(true);
    return rest;
  };

  const plain = await run("--parallelism", "1");

  expect(plain).toMatchObject({ records: count - 6, deadLetters: 6, addresses: 91 });
  expect(await run("--parallelism", "8")).toEqual(plain);
  expect(await run("--parallelism", "8", "--capacity", "1")).toEqual(plain);
  expect(await run("--parallelism", "1", "--capacity", "1", "--concurrency", "1")).toEqual(plain);
});

test("sessions end with a pause of more than 30 minutes, in whatever order, and also where their step crashes", async () => {
  const at = (minute: number) => {
    const [hours, minutes] = [Math.floor(minute / 60) % 24, minute % 60];
    const clock = [hours, minutes].map((n) => String(n).padStart(2, "0")).join(":");
    return `17/May/2015:${clock}:00 +0000`;
  };
  const lines = Array.from({ length: 600 }, (_, i) => {
    const visitor = i % 20;
    const visit = Math.floor(i / 20) % 30; // three requests, each 30 minutes after the other, then a longer pause
    const minute = Math.floor(visit / 3) * 91 + (visit % 3) * 30;
    return `${line({ address: `10.0.0.${visitor}`, time: at(minute) })}\n`;
  });
  const input = logOf(...lines);
  const run = (...flags: string[]) => runJson("access-log", "--input", input, ...flags);

  expect(await run("--parallelism", "1")).toMatchObject({ sessions: 200, restarts: 0 });
  expect(await run("--parallelism", "8")).toMatchObject({ sessions: 200, restarts: 0 });
  for (const flags of [
    ["--parallelism", "1"],
    ["--parallelism", "8", "--capacity", "4"],
  ]) {
    const crashed = await run(...flags, "--crash-at", "301");
    expect(crashed).toMatchObject({ records: 600, deadLetters: 0, sessions: 200, restarts: 1 });
    expect(crashed.ledger.balanced).toBe(true);
  }
});

test("a time that does not exist makes a line malformed", async () => {
  const input = logOf(`${line({ time: "17/May/2015:25:00:00 +0000" })}\n`, line());

  expect(await runJson("access-log", "--input", input)).toMatchObject({ records: 1, deadLetters: 1 });
});

test("the last line needs no line break, and Windows' line breaks are fine", async () => {
  const result = await runJson("access-log", "--input", logOf(`${line()}\r\n`, line()));

  expect(result).toMatchObject({ records: 2, deadLetters: 0 });
});

test("a line longer than a chunk is malformed and the lines after it are read", async () => {
  const endless = "x".repeat(300_000);

  const result = await runJson("access-log", "--input", logOf(`${line()}\n${endless}\n${line()}\n`));

  expect(result.records).toBe(2);
  expect(result.deadLetters).toBeGreaterThan(0);
});

test("--top shortens the lists, --max-lines the log", async () => {
  const input = logOf(...sample.map((text) => `${text}\n`));

  const result = await runJson("access-log", "--input", input, "--top", "1", "--max-lines", "4");

  expect(result).toMatchObject({
    records: 4,
    deadLetters: 0,
    topByRequests: [["10.0.0.1", 2]],
    topByBytes: [["10.0.0.2", 100]],
    topPaths: [["/b", 2]],
  });
});

test("the report for people names the malformed lines and ends with a balanced ledger", async () => {
  const { code, stdout, stderr } = await runExample("access-log", "--input", logOf(`${sample.join("\n")}\n`));

  expect(stdout).toContain("malformed lines: 1\n");
  expect(stdout).toContain("line 5 is not in the combined log format");
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("ledger balanced");
  expect(stderr).toBe("");
  expect(code).toBe(0);
});
