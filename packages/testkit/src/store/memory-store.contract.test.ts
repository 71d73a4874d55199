import { memoryStateStores } from "@sage-kernel/core/spi";
import { describe } from "vitest";
import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { FaultyStores } from "./faulty-stores.ts";
import { stateStoreContract } from "./state-store-contract.ts";
import { stateStoreBinding } from "./store-subject.ts";

describe("memory", () => {
  describeContract(
    stateStoreContract,
    stateStoreBinding(() => ({ stores: memoryStateStores }), {
      capabilities: ["synchronous", "objects", "large"],
      turns: defaultTurns,
    }),
  );
});

// The same stores behind a pretended wire: no case may rely on answers that come at once.
describe("memory, late", () => {
  describeContract(
    stateStoreContract,
    stateStoreBinding(() => ({ stores: new FaultyStores(() => "late") }), {
      capabilities: ["objects", "large"],
      lacks: { synchronous: "its answers take their time" },
      turns: defaultTurns,
    }),
  );
});
