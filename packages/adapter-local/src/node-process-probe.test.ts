import type { JsonValue } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { NodeProcessProbe } from "./node-process-probe.ts";

const resolutionMs = 20;
const idle = { p50: 0, p99: 0, max: 0 };

/** A process whose time, CPU and timers a test moves. */
function fakeProcess() {
  let nowMs = 1000;
  let cpuMicros = 5_000_000;
  const timers = new Set<() => void>();
  let begun = 0;
  const probe = new NodeProcessProbe({
    now: () => nowMs,
    cpuUsage: () => ({ user: cpuMicros - 1000, system: 1000 }),
    memoryUsage: () => ({ heapUsed: 1, heapTotal: 2, rss: 3 }),
    every(ms, look) {
      expect(ms).toBe(resolutionMs);
      begun++;
      timers.add(look);
      return () => void timers.delete(look);
    },
  });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return {
    probe,
    pass,
    use: (ms: number): void => {
      cpuMicros += ms * 1000;
    },
    /** The event loop comes round to the timers, so much later than they were due. */
    turn: (lateMs = 0, times = 1): void => {
      for (let i = 0; i < times; i++) {
        pass(resolutionMs + lateMs);
        for (const look of timers) look();
      }
    },
    /** The timers come to their turn now. */
    look: (): void => {
      for (const look of timers) look();
    },
    timers,
    begun: () => begun,
  };
}

describe("the CPU share of a process probe", () => {
  it("is the cores' worth of CPU since the previous sample", () => {
    const { probe, pass, use } = fakeProcess();
    probe.start();
    pass(1000);
    use(500);
    expect(probe.sample().cpuShare).toBeCloseTo(0.5);

    pass(100);
    use(300);

    expect(probe.sample().cpuShare).toBeCloseTo(3);
  });

  it("counts from the start in the first sample, and from its making when it was not started", () => {
    const [started, made] = [fakeProcess(), fakeProcess()];
    for (const { pass, use } of [started, made]) {
      pass(100);
      use(100);
    }
    started.probe.start();
    for (const { pass } of [started, made]) pass(100);

    expect(started.probe.sample().cpuShare).toBe(0);
    expect(made.probe.sample().cpuShare).toBeCloseTo(0.5);
  });

  it("is 0 between two samples of the same moment", () => {
    const { probe, use } = fakeProcess();
    use(10);

    expect(probe.sample().cpuShare).toBe(0);
  });
});

describe("the event-loop delay of a process probe", () => {
  it("is 0 while the loop is idle", () => {
    const { probe, turn } = fakeProcess();
    probe.start();

    turn(0, 100);

    expect(probe.sample().eventLoopDelayMs).toEqual(idle);
  });

  it("has the middle, the 99th of 100 and the latest", () => {
    const { probe, turn } = fakeProcess();
    probe.start();

    turn(1, 60);
    turn(5, 39);
    turn(80);

    const { p50, p99, max } = probe.sample().eventLoopDelayMs;
    expect([p50, p99, max].map(Math.round)).toEqual([1, 5, 80]);
  });

  it("is that since the previous sample alone", () => {
    const { probe, turn } = fakeProcess();
    probe.start();
    turn(80);
    probe.sample();

    turn(2);

    expect(Math.round(probe.sample().eventLoopDelayMs.max)).toBe(2);
  });

  it("holds a block that lasts until the sample, and in the next sample only what came after", () => {
    const { probe, pass, look } = fakeProcess();
    probe.start();
    pass(resolutionMs + 70);
    const first = probe.sample().eventLoopDelayMs.max;
    pass(30);
    look();

    const second = probe.sample().eventLoopDelayMs.max;

    expect([first, second].map(Math.round)).toEqual([70, 30]);
  });

  it("holds a block that begins right after the sample", () => {
    const { probe, turn } = fakeProcess();
    probe.start();
    turn();
    probe.sample();

    turn(90);

    expect(Math.round(probe.sample().eventLoopDelayMs.max)).toBe(90);
  });
});

describe("a process probe", () => {
  it("runs nothing until it is started, and measures no delay", () => {
    const { probe, pass, begun } = fakeProcess();
    pass(500);

    expect(probe.sample().eventLoopDelayMs).toEqual(idle);
    expect(begun()).toBe(0);
  });

  it("takes no notice of a second start", () => {
    const { probe, pass, use, begun } = fakeProcess();
    probe.start();
    pass(100);
    use(100);

    probe.start();

    expect(begun()).toBe(1);
    expect(probe.sample().cpuShare).toBeCloseTo(1);
  });

  it("leaves nothing running once stopped, however often", () => {
    const { probe, turn, pass, timers } = fakeProcess();
    probe.start();
    turn(50);

    probe.stop();
    probe.stop();
    pass(500);

    expect(timers.size).toBe(0);
    expect(probe.sample().eventLoopDelayMs).toEqual(idle);
  });

  it("measures anew when it is started again", () => {
    const { probe, turn, pass } = fakeProcess();
    probe.start();
    turn(50);
    probe.stop();
    pass(500);

    probe.start();
    turn(3);

    expect(Math.round(probe.sample().eventLoopDelayMs.max)).toBe(3);
  });

  it("answers with a JSON value", () => {
    const sample: JsonValue = fakeProcess().probe.sample();

    expect(JSON.parse(JSON.stringify(sample))).toEqual({
      cpuShare: 0,
      heapUsedBytes: 1,
      heapTotalBytes: 2,
      rssBytes: 3,
      eventLoopDelayMs: idle,
    });
  });

  it("sees this process at work", () => {
    const probe = new NodeProcessProbe();
    probe.start();
    const end = performance.now() + 100;
    while (performance.now() < end);

    const { cpuShare, heapUsedBytes, heapTotalBytes, rssBytes, eventLoopDelayMs } = probe.sample();
    probe.stop();

    expect(cpuShare).toBeGreaterThan(0);
    expect(eventLoopDelayMs.max).toBeGreaterThanOrEqual(75);
    expect(heapUsedBytes).toBeGreaterThan(1e6);
    expect(heapTotalBytes).toBeGreaterThan(1e6);
    expect(rssBytes).toBeGreaterThan(heapUsedBytes);
  });

  it("does not keep the process alive", () => {
    const probe = new NodeProcessProbe();
    const before = process.getActiveResourcesInfo().length;

    probe.start();
    const during = process.getActiveResourcesInfo().length;
    probe.stop();

    expect(during).toBe(before);
  });
});
