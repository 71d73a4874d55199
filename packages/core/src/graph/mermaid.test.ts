import { expect, test } from "vitest";
import { lettersOf, Pipeline, recordsOf } from "../../test-support/pipeline.ts";
import { toMermaid } from "./mermaid.ts";

test("a graph is a flowchart with instances, strategies, dead letters and ways back", () => {
  const pipeline = new Pipeline();
  const { slot, output } = pipeline.future("again");
  const source = pipeline.add("source", []);
  const work = pipeline.add("map", [source, output], {
    name: "work",
    parallelism: 3,
    onError: "deadLetter",
  });
  const check = pipeline.add("filter", [work], { name: "check" });
  (slot.fills as unknown[]).push([recordsOf(check)]);
  pipeline.add("sink", [check]);
  pipeline.add("collect", [lettersOf(work)]);

  expect(toMermaid(pipeline.compile().graph).split("\n")).toEqual([
    "flowchart LR",
    '  s0(["source-1"])',
    '  s1["work × 3"]',
    '  s2["check"]',
    '  s3[["sink-4"]]',
    '  s4[["collect-5"]]',
    "  s0 -->|round-robin| s1",
    "  s2 -.->|again| s1",
    "  s1 --> s2",
    "  s2 --> s3",
    "  s1 -.->|dead letters| s4",
  ]);
});

test("every step and every edge of a graph is in its flowchart", () => {
  const { graph } = new Pipeline().chain(["source"], ["map"], ["keyBy"], ["reduce"], ["print"]).compile();
  const lines = toMermaid(graph).split("\n");

  expect(lines.filter((line) => line.includes("-->"))).toHaveLength(graph.edges.length);
  for (const { id } of graph.steps) expect(lines.join("\n")).toContain(`"${id}"`);
});
