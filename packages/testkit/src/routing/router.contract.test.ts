import { describe } from "vitest";
import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { routerContract } from "./router-contract.ts";
import { dealing } from "./router-mutant.ts";
import { byLength, outputGroupBinding, partitionerBinding } from "./router-subject.ts";

describe("a partitioner of one's own", () => {
  describeContract(routerContract, partitionerBinding(byLength, { turns: defaultTurns }));
});

describe("an output group of one's own, which sends to the first and the last instance", () => {
  const create: Parameters<typeof outputGroupBinding>[1] = (connections, copyAgain, shared) => {
    const right = { strategy: "ends", connections, shared, route: () => undefined };
    const ends = () => [...new Set([0, connections.length - 1])];
    return {
      ...right,
      copies: ends().length,
      ...dealing(right, shared ? (payload) => payload : copyAgain, ends),
    };
  };
  describeContract(routerContract, outputGroupBinding("some", create, { turns: defaultTurns }));
});
