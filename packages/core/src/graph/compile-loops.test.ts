import { describe, expect, test } from "vitest";
import { lettersOf, Pipeline, recordsOf } from "../../test-support/pipeline.ts";

/** A loop of two steps with a dead-letter sink; the way back is `check` to `work`. */
function compiled() {
  const pipeline = new Pipeline();
  const { slot, output } = pipeline.future("again", 50);
  const source = pipeline.add("source", []);
  const work = pipeline.add("map", [source, { ...output, shared: true }], {
    name: "work",
    parallelism: 2,
    queueCapacity: 8,
    onError: { retry: { attempts: 3, retryable: () => true }, onExhausted: "deadLetter" },
  });
  const check = pipeline.add("filter", [work], {
    name: "check",
    timeoutMs: 20,
    ordered: false,
    concurrency: 4,
  });
  (slot.fills as unknown[]).push([recordsOf(check)]);
  pipeline.add("sink", [check], { name: "out" });
  pipeline.add("sink", [lettersOf(work)], { name: "bad" });
  return pipeline.compile();
}

describe("a compiled feedback loop", () => {
  test("is named with its steps, its heads and its limit, and is a JSON value", () => {
    const { graph } = compiled();

    expect(graph.loops).toEqual([
      { name: "again", steps: ["work", "check"], heads: ["work"], maxRecords: 50 },
    ]);
    expect(JSON.parse(JSON.stringify(graph))).toStrictEqual(graph);
  });

  test("gives its heads a second inbox for what comes back, as large as the future allows", () => {
    const inboxes = compiled().graph.tasks.map(({ id, inbox, loopInbox }) => [
      id,
      inbox?.capacity ?? null,
      loopInbox?.id ?? null,
      loopInbox?.capacity ?? null,
    ]);

    expect(inboxes).toEqual([
      ["source-1#0", null, null, null],
      ["work#0", 8, "work#0/loop", 50],
      ["work#1", 8, "work#1/loop", 50],
      ["check#0", 1024, null, null],
      ["out#0", 1024, null, null],
      ["bad#0", 1024, null, null],
    ]);
  });

  test("has edges that say what travels, in which loop, and which way", () => {
    const edges = compiled().graph.edges.map(({ from, to, output, loop, feedback, shared }) => [
      `${from} > ${to}`,
      output,
      loop,
      feedback,
      shared,
    ]);

    expect(edges).toEqual([
      ["source-1 > work", "records", null, false, false],
      ["check > work", "records", 0, true, true],
      ["work > check", "records", 0, false, false],
      ["check > out", "records", null, false, false],
      ["work > bad", "deadLetters", null, false, false],
    ]);
  });

  test("keeps a policy as JSON in the graph and with its functions beside it", () => {
    const { graph, functions } = compiled();
    const faults = {
      attempts: 3,
      initialMs: 100,
      factor: 2,
      maxMs: 30_000,
      jitter: 0,
      onExhausted: "deadLetter",
      restarts: 0,
    };

    expect(graph.steps.find(({ id }) => id === "work")?.faults).toEqual(faults);
    expect(functions.faults.get("work")).toEqual({ ...faults, retryable: expect.any(Function) });
    expect(graph.steps.find(({ id }) => id === "check")).toMatchObject({
      timeoutMs: 20,
      ordered: false,
      concurrency: 4,
    });
  });

  test("follows a future that another future fills", () => {
    const pipeline = new Pipeline();
    const [outer, inner] = [pipeline.future("outer"), pipeline.future("inner")];
    const work = pipeline.add("map", [pipeline.add("source", []), outer.output], { name: "work" });
    pipeline.add("run", [work]);
    (inner.slot.fills as unknown[]).push([recordsOf(work)]);
    (outer.slot.fills as unknown[]).push([inner.output]);

    expect(pipeline.compile().graph.edges.map(({ from, to }) => `${from} > ${to}`)).toContain("work > work");
  });
});

describe("compiled plug-ins", () => {
  test("are those of the environment outside of the step's own, and none for a source", () => {
    const own = { name: "own", before: () => undefined };
    const every = { name: "every", before: () => undefined };
    const { functions } = new Pipeline()
      .chain(["source"], ["map", { plugins: [own] }], ["sink"])
      .compile({ plugins: [every] });

    expect([...functions.plugins]).toEqual([
      ["map-2", [every, own]],
      ["sink-3", [every]],
    ]);
  });
});
