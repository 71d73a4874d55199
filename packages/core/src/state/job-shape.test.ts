import { expect, test } from "vitest";
import { changesOf, type JobShape } from "./job-shape.ts";

const shape: JobShape = {
  version: 1,
  pipeline: "p",
  steps: { source: "source × 1", count: "operator × 4, keyed" },
  tasks: ["source#0", "count#0"],
  edges: ["records of source to input 0 of count: hash, keyed"],
  queues: { "job/count#0": 1024 },
  kinds: { count: "redis" },
};

test("a job of the same shape goes on, also with more room", () => {
  expect(changesOf(shape, structuredClone(shape))).toEqual([]);
  expect(changesOf(shape, { ...shape, queues: { "job/count#0": 2048 } })).toEqual([]);
  const { kinds: _, ...silent } = shape;
  expect([changesOf(silent, shape), changesOf(shape, silent)]).toEqual([[], []]);
});

test.each<
  [
    string,
    { readonly [Field in keyof JobShape]?: JobShape[Field] },
    readonly [node: string, reason: string][],
  ]
>([
  ["another pipeline", { pipeline: "q" }, [["q", "OTHER_PIPELINE"]]],
  [
    "other instances",
    { steps: { ...shape.steps, count: "operator × 8, keyed" } },
    [["count", "CHANGED_STEP"]],
  ],
  ["queues elsewhere", { kinds: { count: "ws" } }, [["count", "CHANGED_QUEUE"]]],
  ["a step less", { steps: { source: "source × 1" } }, [["count", "CHANGED_STEP"]]],
  ["a step more", { steps: { ...shape.steps, sink: "sink × 1" } }, [["sink", "CHANGED_STEP"]]],
  [
    "another edge",
    { edges: ["else"] },
    [
      ["p", "CHANGED_EDGE"],
      ["p", "CHANGED_EDGE"],
    ],
  ],
  ["less room", { queues: { "job/count#0": 10 } }, [["job/count#0", "SMALLER_QUEUE"]]],
])("%s is named, with what to do", (_, change, expected) => {
  const changes = changesOf(shape, { ...shape, ...change } as JobShape);

  expect(changes.map(({ node, reason }) => [node, reason])).toEqual(expected);
  expect(changes.every(({ remedy, message }) => remedy.includes("snapshot") && message.length > 10)).toBe(
    true,
  );
});

test("a shape of another version is none to go on from", () => {
  const other = { ...shape, version: 2 } as unknown as JobShape;

  expect(changesOf(other, shape)).toMatchObject([{ reason: "OTHER_VERSION" }]);
});
