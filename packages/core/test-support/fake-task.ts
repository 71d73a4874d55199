import type { LoopProbe, Task, TaskOutcome, TaskReport } from "../src/task/task.port.ts";
import { taskReport } from "./task-report.ts";

/** A task that does what the test says, and notes what it is told. */
export class FakeTask implements Task {
  readonly id = "map-2#0";
  readonly done: Promise<TaskOutcome>;
  readonly calls: string[] = [];
  onOpen: () => Promise<void> = async () => undefined;
  #settle!: (outcome: TaskOutcome) => void;
  #state: TaskReport["state"] = "created";

  constructor() {
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  open(): Promise<void> {
    this.calls.push("open");
    return this.onOpen();
  }

  start(): void {
    this.calls.push("start");
    this.#state = "running";
  }

  drain(): void {
    this.calls.push("drain");
  }

  async cancel(): Promise<TaskOutcome> {
    this.calls.push("cancel");
    this.end({ state: "cancelled" });
    return this.done;
  }

  abandon(error: unknown): void {
    this.calls.push("abandon");
    this.fail(error);
  }

  async pause(): Promise<void> {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  probe(): LoopProbe {
    return { idle: true, timers: false, outsideEnded: true, sent: { 8: 2 }, received: { 0: 2 } };
  }

  hurryTimers(): void {
    this.calls.push("hurryTimers");
  }

  report(): TaskReport {
    return taskReport(this.id, {}, { state: this.#state });
  }

  /** Ends it; the first end counts. */
  end(outcome: TaskOutcome): void {
    if (this.#state !== "completed" && this.#state !== "failed" && this.#state !== "cancelled") {
      this.#state = outcome.state;
    }
    this.#settle(outcome);
  }

  /** Ends it with an error. */
  fail(error: unknown, restartable = true): void {
    this.end({ state: "failed", error, restartable });
  }
}
