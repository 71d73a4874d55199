import { describe, expect, test } from "vitest";
import { localQueues } from "../../test-support/pipeline.ts";
import type { PartitionerFactory } from "../routing/partitioner.port.ts";
import { Environment } from "./environment.ts";

const create = (name = "orders") =>
  new Environment(name, {
    jobs: {} as never,
    queues: localQueues,
    defaults: {} as never,
    consumed: new WeakSet(),
  });

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};
const problemsOf = (env: Environment) =>
  (
    thrownBy(() => env.compile()) as
      | { details?: { problems: { node: string; reason: string }[] } }
      | undefined
  )?.details?.problems ?? [];

describe("declaring a pipeline", () => {
  test("source, map of three, filter of two and sink make 7 tasks and 11 channels (scenario 18)", () => {
    const env = create();
    env
      .fromBatch([1, 2, 3])
      .map((n) => n * 2, { parallelism: 3 })
      .filter((n) => n > 2, { parallelism: 2 })
      .sink(() => undefined);
    const { graph } = env.compile();

    expect(graph.tasks).toHaveLength(7);
    expect(graph.channels).toHaveLength(11);
    expect(graph.steps.map(({ id }) => id)).toEqual(["source-1", "map-2", "filter-3", "sink-4"]);
  });

  test("compiles to the same graph when it is declared again", () => {
    const declare = () => {
      const env = create();
      const words = env.fromBatch(["a"]).keyBy((word) => word);
      words.reduce((a, b) => a + b, { parallelism: 2, emit: "end" }).collect({ name: "sums" });
      words.flatMap((word) => [word]).sink(() => undefined, { partitioner: () => 0 });
      return env.compile().graph;
    };

    expect(declare()).toStrictEqual(declare());
    expect(JSON.parse(JSON.stringify(declare()))).toStrictEqual(declare());
  });

  test("opens and reads nothing", () => {
    const env = create();
    const source = () => {
      throw new Error("read");
    };
    env.fromBatch(source).run();

    expect(() => env.compile()).not.toThrow();
  });

  test("feeds every step behind one stream, sinks chained included", () => {
    const env = create();
    const stream = env.fromBatch([1]);
    stream.sink(() => undefined).sink(() => undefined);
    stream.map((n) => n).run();

    expect(env.compile().graph.edges.map(({ from, to }) => `${from}>${to}`)).toEqual([
      "source-1>sink-2",
      "source-1>sink-3",
      "source-1>map-4",
      "map-4>run-5",
    ]);
  });

  test("feeds one step from all streams of a union, on one input", () => {
    const env = create();
    const union = env.fromBatch([1]).union(env.fromBatch(["a"]), env.fromBatch([true]));
    union.run();

    expect(env.compile().graph.edges).toMatchObject([
      { from: "source-1", to: "run-4", inputIndex: 0 },
      { from: "source-2", to: "run-4", inputIndex: 0 },
      { from: "source-3", to: "run-4", inputIndex: 0 },
    ]);
  });

  test("keeps a stream keyed until it meets one without keys", () => {
    const env = create();
    const keyed = env.fromBatch([1]).keyBy((n) => n);
    keyed.map((n) => n).run();
    keyed.union(env.fromBatch([2])).run();

    const edges = env
      .compile()
      .graph.edges.map(({ from, to, keyed: k, strategy }) => [`${from}>${to}`, k, strategy]);
    expect(edges).toEqual([
      ["source-1>keyBy-2", false, "round-robin"],
      ["keyBy-2>map-3", true, "hash"],
      ["map-3>run-4", true, "hash"],
      ["keyBy-2>run-6", false, "round-robin"],
      ["source-5>run-6", false, "round-robin"],
    ]);
  });
});

describe("a wrong declaration", () => {
  test.each([["a string"], [5], [null], [{ length: 1 }]])(
    "with the source %o is told at compile",
    (items) => {
      const env = create();
      env.fromBatch(items as never).run();

      expect(problemsOf(env)).toMatchObject([{ node: "source-1", reason: "INVALID_SOURCE" }]);
    },
  );

  test("that mixes environments is told with the step that does", () => {
    const env = create();
    const other = create("other");
    env
      .fromBatch([1])
      .union(other.fromBatch([2]))
      .run();

    expect(problemsOf(env)).toMatchObject([{ node: "run-2", reason: "MIXED_ENVIRONMENTS" }]);
  });

  test("with a keyBy strategy that does not exist is told at compile", () => {
    const env = create();
    env
      .fromBatch([1])
      .keyBy((n) => n, { strategy: "hahs" as never })
      .run();

    expect(problemsOf(env)).toMatchObject([{ node: expect.stringMatching(/keyBy-2|run-3/) }]);
  });

  test("of which everything is wrong is told everything at once", () => {
    const env = create("a b");
    env.fromBatch(7 as never, { parallelism: 0 }).map((n) => n, { name: "source-1", onError: "?" as never });
    const reasons = problemsOf(env).map(({ reason }) => reason);

    expect(reasons.sort()).toEqual([
      "DANGLING",
      "DUPLICATE_NAME",
      "INVALID_NAME",
      "INVALID_ON_ERROR",
      "INVALID_PARALLELISM",
      "INVALID_SOURCE",
    ]);
  });
});

describe("a registered partitioner", () => {
  const partitioner: PartitionerFactory = () => ({ select: () => 0 });

  test("is used by its name", () => {
    const env = create();
    env.registerPartitioner("by-weight", partitioner);
    env.fromBatch([1]).sink(() => undefined, { partitioner: "by-weight" });
    const { graph, functions } = env.compile();

    expect(graph.edges[0]?.strategy).toBe("by-weight");
    expect(functions.partitioners.get("sink-2")).toBe(partitioner);
  });

  test.each(["hash", "round-robin", "broadcast", "custom", "mine"])("cannot take the name %s", (name) => {
    const env = create();
    env.registerPartitioner("mine", partitioner);

    expect(() => env.registerPartitioner(name, partitioner)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: expect.objectContaining({ path: "name" }) }),
    );
  });
});

describe("options of a submission", () => {
  test.each<[string, object]>([
    ["maxBatch", { maxBatch: 0 }],
    ["maxBatch", { maxBatch: 1.5 }],
    ["deadLetterCapacity", { deadLetterCapacity: -1 }],
    ["whenDeadLettersFull", { whenDeadLettersFull: "drop" }],
    ["whenDeadLettersFull", { whenDeadLettersFull: "block", deadLetterCapacity: 0 }],
    ["maxBatchMs", { maxBatchMs: 0 }],
    ["maxBatchMs", { maxBatchMs: NaN }],
    ["restart", { restart: { kind: "sometimes" } }],
    ["restart", { restart: { kind: "failureRate", failures: 0 } }],
  ])("are refused with the path %s for %o", async (path, options) => {
    const defaults = { maxBatch: 256, maxBatchMs: 5, deadLetterCapacity: 10 };
    const env = new Environment("p", {
      jobs: {} as never,
      queues: localQueues,
      defaults,
      consumed: new WeakSet(),
    });
    env.fromBatch([1]).run();

    await expect(env.submit(options)).rejects.toMatchObject({ code: "INVALID_OPTION", details: { path } });
  });
});
