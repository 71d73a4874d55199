import { expect, test } from "vitest";
import { taskReport } from "../../test-support/task-report.ts";
import { taskMetrics } from "./job-metrics.ts";

test("the figures of a task are its counts, its times and the fill of its inbox, in one JSON value", () => {
  const report = taskReport(
    "map-2#1",
    { received: 5, processed: 3, inFlight: 2 },
    { state: "running", queue: { size: 1, capacity: 4 }, waitsFor: "input from a#0", sent: { 0: 3 } },
  );
  const metrics = taskMetrics(report);

  expect(metrics).toEqual({
    id: "map-2#1",
    step: "map-2",
    state: "running",
    ...report.ledger,
    ...report.times,
    queue: { size: 1, capacity: 4, load: 0.25 },
    waitsFor: "input from a#0",
  });
  expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
});

test("the figures of a source that waits for nothing have no fill and no reason", () => {
  expect(taskMetrics(taskReport("source-1#0"))).toMatchObject({ queue: null, waitsFor: null });
});
