import { describe, expect, it } from "vitest";
import { FakeProcessProbe } from "./fake-process-probe.ts";
import { RecordingLogFiles } from "./recording-log-files.ts";
import { RecordingLogger } from "./recording-logger.ts";
import { RecordingPrinter } from "./recording-printer.ts";
import { SequentialIds } from "./sequential-ids.ts";

describe("recording fakes", () => {
  it("keep every log line with the fields of its parents", () => {
    const logger = new RecordingLogger();

    logger.child({ job: "j" }).warn(() => "late", { n: 1 });

    expect(logger.lines).toEqual([{ level: "warn", message: "late", fields: { job: "j", n: 1 } }]);
  });

  it("keep every printed record with its label", () => {
    const printer = new RecordingPrinter();
    const record = { n: 1 };

    printer.print("counts", record);
    printer.print("", "text");

    expect(printer.lines).toEqual([
      { label: "counts", record },
      { label: "", record: "text" },
    ]);
  });

  it("keep every log that was opened apart, and whether it was closed", () => {
    const logs = new RecordingLogFiles();
    const first = logs.open({ folder: "logs" });
    const second = logs.open({});

    first.logger.child({ task: "t#0" }).debug(() => "line");
    first.close();

    expect(logs.opened).toEqual([first, second]);
    expect(logs.opened.map(({ options, closed }) => [options, closed])).toEqual([
      [{ folder: "logs" }, true],
      [{}, false],
    ]);
    expect(first.logger.lines).toEqual([{ level: "debug", message: "line", fields: { task: "t#0" } }]);
    expect(second.logger.lines).toEqual([]);
  });

  it("measure of a process what a test has set", () => {
    const probe = new FakeProcessProbe();
    expect(probe.sample()).toMatchObject({ cpuShare: 0, rssBytes: 0, eventLoopDelayMs: { max: 0 } });

    probe.set({ cpuShare: 2 });
    probe.set({ rssBytes: 5 });

    expect(probe.sample()).toMatchObject({ cpuShare: 2, rssBytes: 5 });
  });

  it("tell whether a process is being measured", () => {
    const probe = new FakeProcessProbe();
    const running = [probe.running];

    for (const call of ["start", "start", "stop", "stop"] as const) {
      probe[call]();
      running.push(probe.running);
    }

    expect(running).toEqual([false, true, true, false, false]);
  });

  it("count ids up", () => {
    const ids = new SequentialIds();

    expect([ids.next("a"), ids.next("b")]).toEqual(["a-1", "b-2"]);
  });
});
