import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pipeline } from "../../test-support/pipeline.ts";
import type { StepKind } from "./transformation.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

describe("a compiled graph", () => {
  test("has one task per parallel instance and one channel per pair of them (scenario 18)", () => {
    const { graph } = new Pipeline()
      .chain(["source"], ["map", { parallelism: 3 }], ["filter", { parallelism: 2 }], ["sink"])
      .compile();

    expect(graph.tasks.map(({ id }) => id)).toEqual([
      "source-1#0",
      "map-2#0",
      "map-2#1",
      "map-2#2",
      "filter-3#0",
      "filter-3#1",
      "sink-4#0",
    ]);
    expect(graph.channels).toHaveLength(3 + 6 + 2);
    expect(graph.channels.map(({ id }) => id)).toEqual(graph.channels.map((_, i) => i));
    expect(new Set(graph.channels.map(({ from, to }) => `${from} ${to}`)).size).toBe(11);
  });

  const chains = fc.array(
    fc.tuple(fc.constantFrom<StepKind>("map", "filter", "keyBy"), fc.integer({ min: 1, max: 4 })),
    {
      maxLength: 5,
    },
  );
  const chainOf = (middle: readonly (readonly [StepKind, number])[]) =>
    new Pipeline().chain(
      ["source"],
      ...middle.map(([kind, parallelism]) => [kind, { parallelism }] as const),
      ["sink", { onError: "skip", concurrency: 2, queueCapacity: 7 }],
    );

  test("is a JSON value: it survives JSON without change", () => {
    fc.assert(
      fc.property(chains, (middle) => {
        const { graph } = chainOf(middle).compile();

        expect(JSON.parse(JSON.stringify(graph))).toStrictEqual(graph);
      }),
    );
  });

  test("is the same for the same declaration", () => {
    fc.assert(
      fc.property(chains, (middle) => {
        expect(chainOf(middle).compile().graph).toStrictEqual(chainOf(middle).compile().graph);
      }),
    );
  });

  test("has as many channels as pairs of neighbouring instances, each with known ends", () => {
    fc.assert(
      fc.property(chains, (middle) => {
        const { graph } = chainOf(middle).compile();
        const widths = [1, ...middle.map(([, width]) => width), 1];
        const tasks = new Set(graph.tasks.map(({ id }) => id));

        expect(graph.tasks).toHaveLength(widths.reduce((a, b) => a + b));
        expect(graph.channels).toHaveLength(
          widths.slice(1).reduce((sum, w, i) => sum + w * (widths[i] as number), 0),
        );
        for (const { from, to } of graph.channels) expect(tasks.has(from) && tasks.has(to)).toBe(true);
      }),
    );
  });

  test("gives every task but a source an inbox, with the capacity of its step or the default", () => {
    const { graph } = new Pipeline().chain(["source"], ["map", { queueCapacity: 5 }], ["sink"]).compile();

    expect(graph.tasks.map(({ inbox }) => inbox)).toEqual([
      null,
      { kind: "local", id: "map-2#0", capacity: 5 },
      { kind: "local", id: "sink-3#0", capacity: 1024 },
    ]);
  });

  test("is routed by hash behind a keyBy and round-robin elsewhere, unless a step says otherwise", () => {
    const { graph } = new Pipeline()
      .chain(["source"], ["keyBy"], ["map"], ["filter", { partitioner: "broadcast" }], ["sink"])
      .compile();

    expect(graph.edges.map(({ strategy, keyed }) => [strategy, keyed])).toEqual([
      ["round-robin", false],
      ["hash", true],
      ["broadcast", true],
      ["hash", true],
    ]);
  });

  test("names a partitioner that is a function `custom` and keeps the function beside the graph", () => {
    const select = () => 0;
    const { graph, functions } = new Pipeline()
      .chain(["source"], ["sink", { partitioner: select }])
      .compile();

    expect(graph.edges[0]?.strategy).toBe("custom");
    expect(functions.partitioners.get("sink-2")?.()).toEqual({ select });
  });

  test("keeps beside the graph when the tasks of those steps are restarted that say so", () => {
    const restart = { kind: "fixedDelay", delayMs: 5 };
    const { functions } = new Pipeline()
      .chain(["source"], ["map", { restart }], ["sink", { restart: "none" }])
      .compile();

    expect([...functions.restarts]).toEqual([
      ["map-2", restart],
      ["sink-3", "none"],
    ]);
  });

  test("compiles a wide pipeline in time linear in its channels", () => {
    const pipeline = new Pipeline().chain(
      ["source"],
      ["map", { parallelism: 300 }],
      ["sink", { parallelism: 300 }],
    );

    expect(pipeline.compile().graph.channels).toHaveLength(300 + 90_000);
  });
});

describe("a pipeline that cannot be built", () => {
  test.each([0, -1, 1.5, NaN, Infinity, "2", null])("is told of the parallelism %o", (parallelism) => {
    const pipeline = new Pipeline().chain(["source"], ["map", { parallelism }], ["sink"]);

    expect(pipeline.reasons()).toEqual(["map-2 INVALID_PARALLELISM"]);
  });

  test.each([
    ["queueCapacity", "INVALID_CAPACITY"],
    ["concurrency", "INVALID_CONCURRENCY"],
  ])("is told of an invalid %s", (option, reason) => {
    for (const value of [0, -1, 1.5, NaN]) {
      expect(new Pipeline().chain(["source"], ["sink", { [option]: value }]).reasons()).toEqual([
        `sink-2 ${reason}`,
      ]);
    }
  });

  test.each<[string, object, string]>([
    ["an unknown onError", { onError: "ignore" }, "INVALID_ON_ERROR"],
    ["an unknown partitioner", { partitioner: "by-weight" }, "UNKNOWN_PARTITIONER"],
    ["hash on a stream without keys", { partitioner: "hash" }, "NOT_KEYED"],
    ["a partitioner that is none", { partitioner: 5 }, "INVALID_PARTITIONER"],
  ])("is told of %s", (_, options, reason) => {
    expect(new Pipeline().chain(["source"], ["sink", options]).reasons()).toEqual([`sink-2 ${reason}`]);
  });

  test.each(["", "a b", "#1", "x".repeat(65), 5])("is told of the step name %o", (name) => {
    expect(new Pipeline().chain(["source"], ["sink", { name }]).problems()).toMatchObject([
      { reason: "INVALID_NAME" },
    ]);
  });

  test("is told of a reduce without keys", () => {
    expect(new Pipeline().chain(["source"], ["reduce"], ["sink"]).reasons()).toEqual(["reduce-2 NOT_KEYED"]);
  });

  test("is told of a stream that nothing receives, but not of a sink", () => {
    expect(new Pipeline().chain(["source"], ["map"]).reasons()).toEqual(["map-2 DANGLING"]);
    expect(new Pipeline().chain(["source"], ["run"]).reasons()).toEqual([]);
  });

  test("is told of names that are given twice, a default name included", () => {
    const pipeline = new Pipeline().chain(
      ["source"],
      ["map", { name: "parse" }],
      ["filter", { name: "parse" }],
      ["sink", { name: "source-1" }],
    );

    expect(pipeline.reasons()).toEqual(["source-1 DUPLICATE_NAME", "parse DUPLICATE_NAME"]);
  });

  test("is told of streams of another environment", () => {
    const other = new Pipeline("other");
    const pipeline = new Pipeline();
    pipeline.add("sink", [pipeline.add("source", []), other.add("source", [])]);

    expect(pipeline.reasons()).toEqual(["sink-2 MIXED_ENVIRONMENTS"]);
  });

  test("is told that it is empty, and that its name is invalid", () => {
    expect(new Pipeline("a/b").reasons()).toEqual(["a/b INVALID_NAME", "a/b EMPTY"]);
  });

  test("is told everything at once, each with its node, a sentence and a remedy", () => {
    const pipeline = new Pipeline().chain(
      ["source", { parallelism: 0 }],
      ["reduce", { concurrency: 0, onError: "?" }],
      ["map", { name: "a b" }],
    );
    const problems = pipeline.problems();

    expect(problems.map(({ reason }) => reason).sort()).toEqual([
      "DANGLING",
      "INVALID_CONCURRENCY",
      "INVALID_NAME",
      "INVALID_ON_ERROR",
      "INVALID_PARALLELISM",
      "NOT_KEYED",
    ]);
    for (const problem of problems) {
      expect(problem.message).toMatch(/\.$/);
      expect(problem.remedy).toMatch(/\.$/);
      expect(() => pipeline.compile()).toThrow(problem.node);
      expect(() => pipeline.compile()).toThrow(problem.remedy);
    }
  });
});
