import { expect, test } from "vitest";
import { Pipeline } from "../../test-support/pipeline.ts";
import { isSageError } from "../errors/sage-error.ts";
import { checkCommits } from "./check-commits.ts";

const { graph } = new Pipeline().chain(["source"], ["map", { parallelism: 2 }], ["sink"]).compile({
  queues: {
    kind: "redis",
    kinds: new Map([["orders", new Map([["map-2", "ws"]])]]),
    capacityOf: () => 10,
  },
});
const stores = (queues?: string) => ({
  kind: "shared",
  create: () => ({}) as never,
  ...(queues !== undefined && { queues }),
});

test("a job that another process may go on with has no inbox that its commits do not move, and each is named once", () => {
  const error = (() => {
    try {
      checkCommits(graph, stores("redis"));
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();

  expect(isSageError(error) && error.details.problems).toMatchObject([
    { node: "map-2", reason: "FOREIGN_QUEUE" },
  ]);
  expect(String(error)).toMatch(
    /"map-2"|map-2: Its inbox is of kind "ws".*commits to queues of kind "redis" alone/,
  );
});

test("a store that ends with its process commits to any queue", () => {
  expect(() => checkCommits(graph, stores())).not.toThrow();
});
