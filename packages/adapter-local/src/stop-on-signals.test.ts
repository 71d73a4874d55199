import { type JobReport, SageError, type StopOptions } from "@sage-kernel/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createLocalRuntime } from "./local.ts";
import { type StopOnSignalsOptions, stopOnSignals } from "./stop-on-signals.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof signals)[number];
const listeners = () => signals.map((signal) => process.listenerCount(signal));
const send = (signal: Signal) => process.emit(signal, signal);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A job that ends when the test says so. */
class FakeJob {
  readonly stops: StopOptions[] = [];
  readonly done: Promise<JobReport>;
  finish!: () => void;
  fail!: (error: unknown) => void;
  /** What `stop` rejects with; by default it waits for the end. */
  refusal: unknown;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.finish = () => resolve({} as JobReport);
      this.fail = reject;
    });
  }

  async stop(options: StopOptions = {}): Promise<JobReport> {
    this.stops.push(options);
    if (this.refusal !== undefined) throw this.refusal;
    return this.done;
  }
}

function listening(options: StopOnSignalsOptions = {}) {
  const before = listeners();
  const job = new FakeJob();
  const messages: string[] = [];
  const stop = stopOnSignals(job, { onMessage: (message) => messages.push(message), ...options });
  onTestFinished(() => stop.close());
  return { job, messages, stop, before };
}

describe("stopOnSignals", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("drains the job at the first %s", (signal) => {
    const { job, stop, messages } = listening();

    send(signal);

    expect(job.stops).toEqual([{ drain: true }]);
    expect(stop.count).toBe(1);
    expect(messages).toEqual(["stopping: finishing what was read; once more stops at once"]);
  });

  it("stops the job at once at the second signal, of whichever kind", () => {
    const { job, messages } = listening();

    send("SIGINT");
    send("SIGTERM");

    expect(job.stops).toEqual([{ drain: true }, { drain: false }]);
    expect(messages[1]).toBe("stopping at once: what was read is given up");
  });

  it("counts further signals and does nothing for them", () => {
    const { job, stop, messages } = listening();

    for (let i = 0; i < 5; i++) send("SIGINT");

    expect(job.stops).toHaveLength(2);
    expect(messages).toHaveLength(2);
    expect(stop.count).toBe(5);
  });

  it("listens to the given signals alone, once each", () => {
    const { job, before } = listening({ signals: ["SIGHUP", "SIGHUP"] });

    send("SIGHUP");

    expect(job.stops).toEqual([{ drain: true }]);
    expect(listeners().map((count, i) => count - (before[i] as number))).toEqual([0, 0, 1]);
  });

  it("gives draining the time that was allowed, and tells what blocks a stop that takes longer", async () => {
    const { job, messages } = listening({ drainTimeoutMs: 5 });
    job.refusal = new SageError("STOP_TIMEOUT", {
      job: "j",
      timeoutMs: 5,
      drain: true,
      blocked: ["map-2#0 waits for room"],
    });

    send("SIGINT");
    await settled();

    expect(job.stops).toEqual([{ drain: true, timeoutMs: 5 }]);
    expect(messages[1]).toContain("map-2#0 waits for room");
  });

  it("limits by drainTimeoutMs the first stop alone", () => {
    const { job } = listening({ drainTimeoutMs: 5 });

    send("SIGINT");
    send("SIGINT");

    expect(job.stops[1]).toEqual({ drain: false });
  });

  it("leaves the failure of a job to whoever awaits its end", async () => {
    const { job, messages } = listening();
    const failure = new Error("the sink broke");
    send("SIGINT");

    job.fail(failure);

    await expect(job.done).rejects.toBe(failure);
    expect(messages).toHaveLength(1);
  });

  it.each(["finish", "fail"] as const)(
    "leaves no listener behind when the job has ended: %s",
    async (how) => {
      const { job, before } = listening();

      job[how](new Error("it broke"));
      await settled();

      expect(listeners()).toEqual(before);
    },
  );

  it("leaves no listener behind once closed, however often", () => {
    const { job, stop, before } = listening();

    stop.close();
    stop.close();
    stop[Symbol.dispose]();

    expect(listeners()).toEqual(before);
    expect(job.stops).toEqual([]);
  });

  it("is closed at the end of the block that it is used in", () => {
    const before = listeners();
    {
      using stop = stopOnSignals(new FakeJob());
      expect(stop.count).toBe(0);
      expect(listeners()).not.toEqual(before);
    }

    expect(listeners()).toEqual(before);
  });

  it("writes its messages to standard error unless told otherwise", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    using _stop = stopOnSignals(new FakeJob());

    send("SIGINT");

    expect(write.mock.calls).toEqual([["stopping: finishing what was read; once more stops at once\n"]]);
  });

  it.each([
    ["signals.0", { signals: ["SIGKILL"] }],
    ["drainTimeoutMs", { drainTimeoutMs: -1 }],
    ["onMessage", { onMessage: "console" }],
    ["timeoutMs", { timeoutMs: 5 }],
  ])("refuses a wrong option by its path: %s", (path, options) => {
    const before = listeners();

    expect(() => stopOnSignals(new FakeJob(), options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: expect.objectContaining({ path }) }),
    );
    expect(listeners()).toEqual(before);
  });

  it("ends a job whose source never ends, with everything that was read", async () => {
    await using runtime = await createLocalRuntime();
    const env = runtime.environment("endless");
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const numbers = env
      .fromBatch(async function* () {
        for (let n = 0; ; n++) {
          yield n;
          await settled();
        }
      })
      .map((n) => {
        begin();
        return n;
      })
      .collect();
    const job = await env.submit();
    using stop = stopOnSignals(job, { onMessage() {} });
    await begun;

    send("SIGTERM");
    const report = await job.done;

    expect(report).toMatchObject({ state: "completed", ledger: { balanced: true } });
    expect(job.collected(numbers)).toHaveLength(report.ledger.read);
    expect(stop.count).toBe(1);
  });
});
