import { describe, expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { ProcessReports } from "./process-reports.ts";

/** Reports whose samples are numbered. */
function setUp(intervalMs: number | undefined) {
  const { clock } = createHost();
  const calls: string[] = [];
  let samples = 0;
  const process = {
    start: () => void calls.push("start"),
    stop: () => void calls.push("stop"),
    sample: () => ++samples as never,
  };
  return { clock, calls, reports: new ProcessReports({ clock, process }, intervalMs) };
}

describe("the reports on the process", () => {
  test("are made at the interval, to every job that listens, and the last one is kept", () => {
    const { clock, calls, reports } = setUp(100);
    const heard: unknown[] = [];
    reports.listen((sample) => heard.push(`one ${sample}`));
    reports.listen((sample) => heard.push(`two ${sample}`));
    expect([reports.last, calls]).toEqual([null, ["start"]]);

    clock.advance(250);
    expect(heard).toEqual(["one 1", "two 1", "one 2", "two 2"]);
    expect([reports.last, calls]).toEqual([2, ["start"]]);
  });

  test("stop when the last job has ended, and begin again with the next", () => {
    const { clock, calls, reports } = setUp(100);
    const heard: unknown[] = [];
    const stops = [reports.listen(() => undefined), reports.listen((sample) => heard.push(sample))];
    stops[0]?.();
    clock.advance(100);
    stops[1]?.();
    stops[1]?.();
    expect([heard, calls, clock.timers]).toEqual([[1], ["start", "stop"], 0]);

    reports.listen((sample) => heard.push(sample));
    clock.advance(100);
    expect([heard, calls]).toEqual([
      [1, 2],
      ["start", "stop", "start"],
    ]);
  });

  test("end at once for a job that ends while it hears one", () => {
    const { clock, calls, reports } = setUp(100);
    let heard = 0;
    const stop = reports.listen(() => {
      heard++;
      stop();
    });
    clock.advance(1000);

    expect([heard, calls, clock.timers]).toEqual([1, ["start", "stop"], 0]);
  });

  test("are none without an interval", () => {
    const { clock, calls, reports } = setUp(undefined);
    reports.listen(() => undefined)();

    expect([calls, clock.timers, reports.last]).toEqual([[], 0, null]);
  });
});
