import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ContractCase, SubjectSource } from "./contract.ts";
import { runCase, runDeviation, settledWithin } from "./run-case.ts";

function hang(): Promise<void> {
  return new Promise(() => undefined);
}

const failing = { id: "X-01", title: "is kept", run: () => Promise.reject(new Error("broken")) };
const kept = { id: "X-02", title: "is kept", run: () => Promise.resolve() };
const stuck = { id: "X-03", title: "is kept", run: hang };
const nothing = { open: () => undefined };

describe("a contract case", () => {
  it("runs against a fresh subject, which is closed even when the case fails", async () => {
    const events: string[] = [];
    const source = {
      open: ({ caseId, runId }: { caseId: string; runId: string }) =>
        void events.push(`open ${caseId} ${runId}`),
      close: () => void events.push("close"),
    };

    await expect(runCase(failing, source, "r1")).rejects.toThrow("broken");

    expect(events).toEqual(["open X-01 r1", "close"]);
  });

  it.each<[string, ContractCase<unknown>, SubjectSource<unknown>]>([
    ["the case", stuck, nothing],
    ["the opening", kept, { open: hang }],
    ["the closing", kept, { open: () => undefined, close: hang }],
  ])("fails when %s does not settle within its turns", async (_what, contractCase, source) => {
    await expect(runCase(contractCase, source, "r1", 20)).rejects.toThrow("did not settle within 20 turns");
  });
});

describe("a known deviation", () => {
  it.each([failing, stuck])("passes while the case fails", async (contractCase) => {
    await runDeviation(contractCase, nothing, "r1", "no room", 20);
  });

  it("fails once the case passes, and gives the reason", async () => {
    await expect(runDeviation(kept, nothing, "r1", "no room")).rejects.toThrow(/X-02 passes.*no room/);
  });
});

describe("settledWithin", () => {
  it("gives what settles in time, as it settles", async () => {
    const slow = async (): Promise<string> => {
      for (let i = 0; i < 5; i++) await turn();
      return "done";
    };

    expect(await settledWithin(10, slow())).toBe("done");
    await expect(settledWithin(3, slow())).rejects.toThrow("did not settle");
    await expect(settledWithin(3, Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});
