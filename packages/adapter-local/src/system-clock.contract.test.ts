import { setTimeout as wait } from "node:timers/promises";
import { clockContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { SystemClock } from "./system-clock.ts";

describeContract(clockContract, {
  capabilities: ["pending"],
  lacks: { virtual: "the time is real" },
  open: () => ({
    clock: new SystemClock(),
    unitMs: 4,
    // Set last and due last, so Node fires it after every timer of the case.
    advance: (ms) => wait(ms + 3),
    pending: () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length,
  }),
});
