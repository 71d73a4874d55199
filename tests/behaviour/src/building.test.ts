import { hasCode } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { rejection, simulate } from "./support/simulate.ts";

describe("building a pipeline", () => {
  it.each([0, -1, 1.5, Number.NaN])("refuses parallelism %d with the step's name", (parallelism) =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .map((n) => n, { parallelism, name: "double" })
        .run();

      const error = await rejection(pipeline.submit());

      expect(hasCode(error, "GRAPH_INVALID")).toBe(true);
      expect(error.message).toContain("double: Its parallelism is the number");
    }),
  );

  it("compiles source 1, map 3, filter 2, sink 1 to 7 tasks and 11 channels", () =>
    simulate({}, async ({ env }) => {
      const pipeline = env();
      pipeline
        .fromBatch([1])
        .map((n) => n, { parallelism: 3 })
        .filter(() => true, { parallelism: 2 })
        .sink(() => undefined);

      const { graph } = pipeline.compile();

      expect(graph.tasks).toHaveLength(7);
      expect(graph.channels).toHaveLength(11);
      expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
    }));

  it("refuses a pipeline without a sink, and runs one that ends on purpose", () =>
    simulate({}, async ({ env, finish }) => {
      const open = env("open");
      open.fromBatch([1]).map((n) => n);
      const closed = env("closed");
      closed
        .fromBatch([1])
        .map((n) => n)
        .run();

      const error = await rejection(open.submit());
      const { report } = await finish(closed);

      expect(error.message).toContain(
        "map-2: Nothing receives its output. Add a sink or collect(), or run()",
      );
      expect(report.state).toBe("completed");
    }));

  it("reports all problems at once, each with its node and a remedy", () =>
    simulate({}, async ({ env }) => {
      const other = env("other").fromBatch([1]);
      const pipeline = env();
      const source = pipeline.fromBatch([1], { name: "twin" });
      source.map((n) => n, { name: "twin", concurrency: 0, onError: "ignore" as never });
      source.union(other).run({ partitioner: "nowhere", queueCapacity: 0 });
      pipeline
        .fromBatch([1])
        .keyBy((n) => n)
        .union(source)
        .run({ partitioner: "hash", name: "not a name" });

      const error = await rejection(pipeline.submit());

      const problems = (hasCode(error, "GRAPH_INVALID") ? error.details.problems : []) as {
        reason: string;
      }[];
      expect(new Set(problems.map((problem) => problem.reason))).toEqual(
        new Set([
          "DUPLICATE_NAME",
          "INVALID_CONCURRENCY",
          "INVALID_ON_ERROR",
          "DANGLING",
          "MIXED_ENVIRONMENTS",
          "UNKNOWN_PARTITIONER",
          "INVALID_CAPACITY",
          "NOT_KEYED",
          "INVALID_NAME",
        ]),
      );
    }));

  it.each([{ maxBatch: 0 }, { maxBatchMs: 0 }, { deadLetterCapacity: 1.5 }])(
    "refuses the submit option %j by its path",
    (options) =>
      simulate({}, async ({ env }) => {
        const pipeline = env();
        pipeline.fromBatch([1]).run();

        const error = await rejection(pipeline.submit(options));

        expect(hasCode(error, "INVALID_OPTION")).toBe(true);
        expect(error.message).toContain(`"${Object.keys(options)[0]}"`);
      }),
  );

  it("takes a submit option that is undefined for one that was left out", () =>
    simulate({}, async ({ env, finish }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).run();

      const { report } = await finish(pipeline, { maxBatch: undefined } as never);

      expect(report.state).toBe("completed");
    }));

  it("refuses everything once the runtime is closed", () =>
    simulate({}, async ({ env, runtime }) => {
      const pipeline = env();
      pipeline.fromBatch([1]).run();
      await runtime.close();

      expect(hasCode(await rejection(pipeline.submit()), "RUNTIME_CLOSED")).toBe(true);
      expect(() => runtime.environment("late")).toThrow(/The runtime is closed/);
    }));
});
