import { type Logger as Pino, pino } from "pino";
import { describe, expect, it } from "vitest";
import { PinoLogger } from "./pino-logger.ts";
import { SystemClock } from "./system-clock.ts";
import { UuidSource } from "./uuid-source.ts";

describe("the system clock", () => {
  it("wakes a sleeper, and never goes back", async () => {
    const clock = new SystemClock();
    const before = clock.monotonic();

    await clock.sleep(1);

    expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it("rejects an aborted sleep with the signal's reason", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const sleeping = new SystemClock().sleep(60_000, abort.signal);
    abort.abort(reason);

    await expect(sleeping).rejects.toBe(reason);
    await expect(new SystemClock().sleep(60_000, abort.signal)).rejects.toBe(reason);
  });

  it("waits for more than Node's timers can, and for ever", async () => {
    const clock = new SystemClock();
    let fired = 0;
    const timers = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY].map((ms) =>
      clock.setTimer(ms, () => void fired++),
    );

    await clock.sleep(5);
    for (const timer of timers) timer.clear();

    expect(fired).toBe(0);
  });

  it("does not call back for a timer that was cleared", async () => {
    const clock = new SystemClock();
    let fired = false;
    clock
      .setTimer(0, () => {
        fired = true;
      })
      .clear();

    await clock.sleep(2);

    expect(fired).toBe(false);
  });
});

describe("ids", () => {
  it("begin with the prefix and differ", () => {
    const ids = Array.from({ length: 100 }, () => new UuidSource().next("job"));

    expect(new Set(ids).size).toBe(100);
    expect(ids.every((id) => /^job-[0-9a-f]{12}$/.test(id))).toBe(true);
  });
});

describe("the logger", () => {
  const capture = (
    level: "debug" | "warn" | "silent",
  ): { logger: PinoLogger; lines: string[]; opened: () => number } => {
    const lines: string[] = [];
    let opened = 0;
    const open = (): Pino => {
      opened++;
      return pino({ level: "debug" }, { write: (line) => void lines.push(line) });
    };
    return { logger: new PinoLogger(level, open), lines, opened: () => opened };
  };

  it("builds no message and opens nothing for lines below its level", () => {
    const { logger, lines, opened } = capture("warn");

    logger.info(() => {
      throw new Error("the message was built");
    });

    expect(lines).toEqual([]);
    expect(opened()).toBe(0);
  });

  it("writes one JSON line with the fields of its parents", () => {
    const { logger, lines } = capture("debug");

    logger
      .child({ job: "j" })
      .child({ task: "t" })
      .error(() => "it broke", { code: 7 });

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ job: "j", task: "t", code: 7, msg: "it broke" });
  });

  it("writes nothing when it is silent", () => {
    const { logger, lines } = capture("silent");

    logger.error("never");

    expect(lines).toEqual([]);
  });
});
