import { describe, expect, it } from "vitest";
import { missingCapabilities, runCase } from "./contract.ts";
import { RecordingLogger } from "./recording-logger.ts";
import { SequentialIds } from "./sequential-ids.ts";

describe("recording fakes", () => {
  it("keep every log line with the fields of its parents", () => {
    const logger = new RecordingLogger();

    logger.child({ job: "j" }).warn(() => "late", { n: 1 });

    expect(logger.lines).toEqual([{ level: "warn", message: "late", fields: { job: "j", n: 1 } }]);
  });

  it("count ids up", () => {
    const ids = new SequentialIds();

    expect([ids.next("a"), ids.next("b")]).toEqual(["a-1", "b-2"]);
  });
});

describe("a contract case", () => {
  const failing = {
    id: "X-01",
    title: "is kept",
    needs: ["durable"],
    run: () => Promise.reject(new Error("broken")),
  };

  it("runs against a fresh subject, which is closed even when the case fails", async () => {
    const events: string[] = [];
    const binding = {
      open: ({ caseId, runId }: { caseId: string; runId: string }) =>
        void events.push(`open ${caseId} ${runId}`),
      close: () => void events.push("close"),
    };

    await expect(runCase(failing, binding, "r1")).rejects.toThrow("broken");

    expect(events).toEqual(["open X-01 r1", "close"]);
  });

  it("names the capabilities that an implementation lacks", () => {
    expect(missingCapabilities(failing, { open: () => undefined })).toEqual(["durable"]);
    expect(missingCapabilities(failing, { open: () => undefined, capabilities: ["durable"] })).toEqual([]);
  });
});
