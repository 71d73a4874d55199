import { expect, test } from "vitest";
import { taskReport } from "../../test-support/task-report.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import { routingOf } from "./job-routing.ts";

const graph = {
  edges: [
    { inputIndex: 1, strategy: "hash", output: "records" },
    { inputIndex: 0, strategy: "round-robin", output: "deadLetters" },
  ],
  channels: [
    { id: 0, edge: 0, from: "map-1#0", to: "join-2#0" },
    { id: 1, edge: 1, from: "map-1#0", to: "sink-3#0" },
  ],
} as unknown as ExecutionGraph;

test("a job's routing names every channel, what went over it, and how full its end is", () => {
  const tasks = [
    taskReport("map-1#0", {}, { sent: { 0: 7, 1: 2 } }),
    taskReport("join-2#0", {}, { received: { 0: 5 }, queue: { size: 3, capacity: 4 } }),
    taskReport("sink-3#0", {}, { received: { 1: 2 } }),
  ];

  expect(routingOf(graph, tasks)).toEqual([
    {
      ...{ channel: 0, from: "map-1#0", to: "join-2#0", inputIndex: 1, strategy: "hash" },
      ...{ output: "records", sent: 7, received: 5, load: 0.75 },
    },
    {
      ...{ channel: 1, from: "map-1#0", to: "sink-3#0", inputIndex: 0, strategy: "round-robin" },
      ...{ output: "deadLetters", sent: 2, received: 2, load: null },
    },
  ]);
});

test("a channel whose tasks have not reported has carried nothing", () => {
  expect(routingOf(graph, [])).toMatchObject([
    { sent: 0, received: 0, load: null },
    { sent: 0, received: 0, load: null },
  ]);
});
