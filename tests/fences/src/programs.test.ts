import { expect, test } from "vitest";
import { node } from "./run.ts";

test("an unknown example is refused in one line that lists the known ones", () => {
  const { code, lines } = node("scripts/example.mjs", "no-such-example", "--json");

  expect(lines).toEqual([expect.stringMatching(/^there is no example "no-such-example": use one of .+/)]);
  expect(code).toBe(2);
});

/** What the test command counts for a run of vitest. */
function count(results: object, ok: boolean): unknown {
  const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  const given = JSON.stringify({ ...none, ...results });
  const program = `import { countResults } from "./scripts/test/vitest-step.mjs";
    console.log(JSON.stringify(countResults(${given}, ${ok})));`;
  return JSON.parse(node("--input-type=module", "--eval", program).lines.at(-1) ?? "");
}

const failedFile = (...statuses: string[]) => ({
  testResults: [{ status: "failed", assertionResults: statuses.map((status) => ({ status })) }],
});

test.each([
  { what: "tests as they ended", results: { numPassedTests: 5, numTodoTests: 1 }, ok: true, as: [5, 0, 1] },
  { what: "a run without tests as a failure", results: {}, ok: true, as: [0, 1, 0] },
  {
    what: "a file that does not load as a failure",
    results: { numPassedTests: 2, ...failedFile() },
    ok: false,
    as: [2, 1, 0],
  },
  {
    what: "a failed test once",
    results: { numFailedTests: 1, ...failedFile("failed") },
    ok: false,
    as: [0, 1, 0],
  },
  {
    what: "an error outside every test as a failure",
    results: { numPassedTests: 2 },
    ok: false,
    as: [2, 1, 0],
  },
])("the test command counts $what", ({ results, ok, as: [passed, failed, skipped] }) => {
  expect(count(results, ok)).toEqual({ passed, failed, skipped });
});
