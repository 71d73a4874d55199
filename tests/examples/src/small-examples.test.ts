import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY, RunningProgram } from "./support/run-example.ts";

const script = join(REPOSITORY, "scripts/example.mjs");

test.each([
  {
    name: "feedback",
    promise: "follows links until no page is left, and ends by itself",
    lines: [
      "0 clicks to /",
      "1 click to /blog",
      "1 click to /docs",
      "2 clicks to /blog/first",
      "2 clicks to /docs/api",
      "2 clicks to /docs/start",
      "3 clicks to /changes",
    ],
  },
  {
    name: "enrich",
    promise: "prints the answers in the order of the records, and what failed for good",
    lines: [
      "FI: Helsinki",
      "AT: Vienna",
      "PT: Lisbon",
      "dead letter XX: no such country (attempt 2)",
      "dead letter SE: the atlas is busy (attempt 3)",
    ],
  },
  {
    name: "join",
    promise: "prints the orders that have a customer, and each customer's total",
    lines: [
      "order a of second: 30",
      "order b of first: 12",
      "order c of second: 5",
      "total of first: 12",
      "total of second: 35",
    ],
  },
  {
    name: "own-adapter",
    promise: "runs on queues in another process, and ends with it",
    lines: ["instance 0 has seen 7 rises", "instance 1 has seen 0 rises", "ledger balanced"],
  },
])("$name $promise", async ({ name, lines }) => {
  const { code, stdout, stderr } = await new RunningProgram([script, name]).ended;

  expect(stdout).toBe(`${lines.join("\n")}\n`);
  expect(stderr).toMatch(/^(building examples …\n)?$/);
  expect(code).toBe(0);
});
