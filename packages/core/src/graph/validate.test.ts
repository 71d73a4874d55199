import { describe, expect, test } from "vitest";
import { lettersOf, Pipeline, recordsOf } from "../../test-support/pipeline.ts";
import type { FutureSlot, Transformation, Upstream } from "./transformation.ts";

const fill = (slot: FutureSlot, ...ups: (Upstream | Transformation)[]) =>
  void (slot.fills as unknown[]).push(ups.map((up) => ("kind" in up ? recordsOf(up) : up)));

/** A pipeline whose loop is in order, unless the test adds a fault. */
function loop() {
  const pipeline = new Pipeline();
  const { slot, output } = pipeline.future("again");
  const source = pipeline.add("source", []);
  const work = pipeline.add("map", [source, output], { name: "work" });
  pipeline.add("sink", [work]);
  return { pipeline, slot, output, source, work };
}

/** Each problem has a sentence that ends with a full stop, and a remedy that does. */
function reasonsOf(pipeline: Pipeline) {
  for (const { message, remedy } of pipeline.problems()) {
    expect([message, remedy].join("|")).toMatch(/^[^|]+\.\|[^|]+\.$/);
  }
  return pipeline.reasons();
}

describe("a future", () => {
  test("that is read and filled once is in order", () => {
    const { pipeline, slot, work } = loop();
    fill(slot, work);

    expect(reasonsOf(pipeline)).toEqual([]);
  });

  test("that nothing fills is named", () => {
    expect(reasonsOf(loop().pipeline)).toEqual(["again UNFILLED_FUTURE"]);
  });

  test("that is filled twice is named, with how often", () => {
    const { pipeline, slot, work } = loop();
    fill(slot, work);
    fill(slot, work);

    expect(reasonsOf(pipeline)).toEqual(["again FILLED_TWICE"]);
    expect(pipeline.problems()[0]?.message).toContain("2 times");
  });

  test("that nothing reads is named", () => {
    const { pipeline, slot, work } = loop();
    fill(slot, work);
    fill(pipeline.future("unread").slot, work);

    expect(reasonsOf(pipeline)).toEqual(["unread DANGLING"]);
  });

  test("that is filled by another environment is named", () => {
    const { pipeline, slot } = loop();
    fill(slot, new Pipeline("other").add("source", []));

    expect(reasonsOf(pipeline)).toContain("again MIXED_ENVIRONMENTS");
  });

  test.each([0, 1.5, NaN, "9", null])("whose maxLoopRecords is %o is named", (limit) => {
    const pipeline = new Pipeline();
    const { slot, output } = pipeline.future("again", limit as number);
    const work = pipeline.add("map", [pipeline.add("source", []), output]);
    pipeline.add("sink", [work]);
    fill(slot, work);

    expect(reasonsOf(pipeline)).toEqual(["again INVALID_LOOP_LIMIT"]);
  });

  test("whose name is invalid or taken is named", () => {
    const pipeline = new Pipeline();
    const source = pipeline.add("source", []);
    for (const name of ["a b", "twice", "twice"]) {
      const { slot, output } = pipeline.future(name);
      const work = pipeline.add("map", [source, output]);
      fill(slot, work);
      pipeline.add("sink", [work]);
    }

    expect(reasonsOf(pipeline)).toEqual(["a b INVALID_NAME", "twice DUPLICATE_NAME"]);
  });
});

describe("a loop", () => {
  test("without a future is named with its steps", () => {
    const pipeline = new Pipeline();
    const inputs: Upstream[] = [recordsOf(pipeline.add("source", []))];
    const first = pipeline.add("map", [], { name: "first" }, { inputs: [inputs] });
    const second = pipeline.add("filter", [first], { name: "second" });
    inputs.push(recordsOf(second));
    pipeline.add("sink", [second]);

    expect(reasonsOf(pipeline)).toEqual([expect.stringMatching(/ UNDECLARED_CYCLE$/)]);
    expect(pipeline.problems()[0]?.message).toMatch(/first.*second|second.*first/);
  });

  test("that nothing feeds is named", () => {
    const pipeline = new Pipeline();
    const { slot, output } = pipeline.future("again");
    const work = pipeline.add("map", [output]);
    fill(slot, work);
    pipeline.add("sink", [work]);

    expect(reasonsOf(pipeline)).toEqual(["again UNFED_LOOP"]);
  });
});

describe("a join", () => {
  test.each([1, 3])("of %i streams is named", (count) => {
    const pipeline = new Pipeline();
    const keyed = pipeline.add("keyBy", [pipeline.add("source", [])]);
    pipeline.add("sink", [pipeline.combine("join", new Array(count).fill([keyed]))]);

    expect(reasonsOf(pipeline)).toEqual(["join-3 INVALID_JOIN"]);
  });

  test("of a stream without keys is named with the input", () => {
    const pipeline = new Pipeline();
    const source = pipeline.add("source", []);
    const keyed = pipeline.add("keyBy", [source]);
    pipeline.add("sink", [pipeline.combine("join", [[keyed], [keyed, source]])]);

    expect(reasonsOf(pipeline)).toEqual(["join-3 NOT_KEYED"]);
    expect(pipeline.problems()[0]?.message).toContain("input 1");
  });

  test.each<[string, object, Partial<Transformation>]>([
    ["its partitioner", { parallelism: 2, partitioner: "broadcast" }, {}],
    ["the strategy of a keyBy before it", { parallelism: 2 }, { strategy: "round-robin" }],
  ])("whose equal keys may not meet because of %s is named, but only in parallel", (_, options, more) => {
    for (const parallelism of [1, 2]) {
      const pipeline = new Pipeline();
      const keyed = pipeline.add("keyBy", [pipeline.add("source", [])], {}, more);
      pipeline.add("sink", [pipeline.combine("join", [[keyed], [keyed]], { ...options, parallelism })]);

      expect(reasonsOf(pipeline)).toEqual(parallelism === 1 ? [] : ["join-3 INVALID_JOIN"]);
    }
  });
});

describe("an option", () => {
  test.each<[object, string]>([
    [{ timeoutMs: 0 }, "INVALID_TIMEOUT"],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, "INVALID_TIMEOUT"],
    [{ timeoutMs: "5" }, "INVALID_TIMEOUT"],
    [{ ordered: "yes" }, "INVALID_ORDERED"],
    [{ strategy: "hash" }, "UNKNOWN_OPTION"],
    [{ concurency: 3 }, "UNKNOWN_OPTION"],
    [{ onError: { retry: { attempts: 2, initialMS: 5 } } }, "INVALID_ON_ERROR"],
    [{ onError: { retry: { attempts: 2, initialMs: "5" } } }, "INVALID_ON_ERROR"],
    [{ onError: { retry: 2, onExausted: "skip" } }, "INVALID_ON_ERROR"],
    [{ plugins: {} }, "INVALID_PLUGINS"],
    [{ plugins: [{ name: "idle" }] }, "INVALID_PLUGINS"],
    [{ plugins: [{ before: () => undefined }] }, "INVALID_PLUGINS"],
    [{ onError: { retry: 0 } }, "INVALID_ON_ERROR"],
    [{ onError: null }, "INVALID_ON_ERROR"],
    [{ onError: { restarts: 0 } }, "INVALID_ON_ERROR"],
    [{ restart: "always" }, "INVALID_RESTART"],
    [{ restart: { kind: "fixedDelay", attempts: 0 } }, "INVALID_RESTART"],
  ])("%j is refused once, with its reason", (options, reason) => {
    expect(reasonsOf(new Pipeline().chain(["source"], ["sink", options]))).toEqual([`sink-2 ${reason}`]);
  });

  test("about restarts may be given to a source, too", () => {
    const restart = { kind: "fixedDelay", delayMs: 5 };

    expect(reasonsOf(new Pipeline().chain(["source", { restart, onError: "restart" }], ["sink"]))).toEqual(
      [],
    );
  });

  test("of keyBy that is no strategy is refused", () => {
    const pipeline = new Pipeline().chain(["source"], ["keyBy", { strategy: "by-weight" }], ["sink"]);

    expect(reasonsOf(pipeline)).toEqual(["keyBy-2 INVALID_STRATEGY"]);
  });

  test.each(["round-robin", "least-loaded"])("spreads a parallel reduce by key, not by %s", (partitioner) => {
    const reduce = (parallelism: number) =>
      new Pipeline().chain(["source"], ["keyBy"], ["reduce", { parallelism, partitioner }], ["sink"]);

    expect(reasonsOf(reduce(2))).toEqual(["reduce-3 NOT_BY_HASH"]);
    expect(reasonsOf(reduce(1))).toEqual([]);
  });

  test("that is in order is not named", () => {
    const plugins = [{ name: "log", after: () => undefined }];
    const options = { timeoutMs: 0.5, ordered: false, plugins, onError: { retry: 3, onExhausted: "skip" } };

    expect(reasonsOf(new Pipeline().chain(["source"], ["sink", options]))).toEqual([]);
  });
});

describe("dead letters", () => {
  test.each<[unknown, boolean]>([
    ["deadLetter", true],
    [{ retry: 3, onExhausted: "deadLetter" }, true],
    ["skip", false],
    [{ retry: 3 }, false],
    [undefined, false],
  ])("of a step with onError %j can be read: %s", (onError, can) => {
    const pipeline = new Pipeline();
    const work = pipeline.add("map", [pipeline.add("source", [])], onError === undefined ? {} : { onError });
    pipeline.add("run", [work]);
    pipeline.add("sink", [lettersOf(work)]);

    expect(reasonsOf(pipeline)).toEqual(can ? [] : ["sink-4 NO_DEAD_LETTERS"]);
  });

  test("are no substitute for a step's records: those still have to go somewhere", () => {
    const pipeline = new Pipeline();
    const work = pipeline.add("map", [pipeline.add("source", [])], { onError: "deadLetter" });
    pipeline.add("sink", [lettersOf(work)]);

    expect(reasonsOf(pipeline)).toEqual(["map-2 DANGLING"]);
  });
});

describe("a plan of queues", () => {
  const planned = (names: readonly string[]) => {
    const pipeline = new Pipeline().chain(["source", { name: "in" }], ["map", { name: "enrich" }], ["sink"]);
    const kinds = new Map([["orders", new Map(names.map((name) => [name, "redis"]))]]);
    try {
      pipeline.compile({ queues: { kind: "local", kinds, capacityOf: () => 10 } });
      return [];
    } catch (error) {
      return (error as { details: { problems: { node: string; reason: string; remedy: string }[] } }).details
        .problems;
    }
  };

  test("that names steps with an input is in order", () => {
    expect(planned(["enrich", "sink-3"])).toEqual([]);
  });

  test("that names what has no queues is refused, with what has some", () => {
    const problems = planned(["in", "enrihc"]);

    expect(problems.map(({ node, reason }) => `${node} ${reason}`)).toEqual([
      "in UNKNOWN_QUEUE",
      "enrihc UNKNOWN_QUEUE",
    ]);
    expect(problems[0]?.remedy).toBe("Those that have are enrich, sink-3.");
  });
});
