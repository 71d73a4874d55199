import { describe, expect, test } from "vitest";
import { createHost, settle } from "../../test-support/fake-host.ts";
import { taskReport } from "../../test-support/task-report.ts";
import type { CompiledPipeline } from "../graph/compile.ts";
import { DriverRegistry } from "../queue/driver-registry.ts";
import { ServiceManager } from "../service/service-manager.ts";
import { memoryStateStores } from "../state/memory-state-store.ts";
import { BaseServiceTask } from "../task/base-service-task.ts";
import type { LoopProbe, Task, TaskOutcome } from "../task/task.port.ts";
import { JobManager } from "./job-manager.ts";

/** A task that runs until it is cancelled, and whose opening waits for the test. */
class FakeTask implements Task {
  readonly id = "run-1#0";
  readonly done: Promise<TaskOutcome>;
  readonly calls: string[] = [];
  readonly #open: () => Promise<void>;
  #settle!: (outcome: TaskOutcome) => void;

  constructor(open: () => Promise<void>) {
    this.#open = open;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  open() {
    this.calls.push("open");
    return this.#open();
  }
  start() {
    this.calls.push("start");
  }
  drain() {
    this.end({ state: "completed" });
  }
  async cancel() {
    this.calls.push("cancel");
    this.#settle({ state: "cancelled" });
    return this.done;
  }
  end(outcome: TaskOutcome) {
    this.#settle(outcome);
  }
  abandon(): void {}

  async pause() {
    this.calls.push("pause");
  }
  resume() {
    this.calls.push("resume");
  }
  probe(): LoopProbe {
    return { idle: true, timers: false, outsideEnded: true, sent: {}, received: {} };
  }
  hurryTimers() {
    this.calls.push("hurryTimers");
  }
  report() {
    return taskReport(this.id, {}, { state: "running" });
  }
}

const pipeline = {
  graph: {
    version: 1,
    name: "orders",
    steps: [{ id: "run-1", kind: "run", parallelism: 1, keyed: false, concurrency: 1 }],
    edges: [],
    loops: [],
    tasks: [{ id: "run-1#0", step: "run-1", index: 0, inbox: null, loopInbox: null }],
    channels: [],
    services: [],
  },
  functions: {
    runtimes: new Map([
      ["run-1", () => ({ createOperator: () => ({}), createReader: () => ({ close() {} }) })],
    ]),
    partitioners: new Map(),
    faults: new Map(),
    restarts: new Map(),
    plugins: new Map(),
  },
} as unknown as CompiledPipeline;
const settings = { maxBatch: 1, maxBatchMs: 1, deadLetterCapacity: 0 };

function setUp(open: () => Promise<void> = () => Promise.resolve()) {
  const host = createHost();
  const drivers = new DriverRegistry([]);
  const tasks: FakeTask[] = [];
  const manager = new JobManager({
    host,
    strictPayloads: false,
    reportIntervalMs: undefined,
    drivers,
    stores: memoryStateStores,
    services: new ServiceManager({ host, drivers }),
    serviceTasks: { kind: "none", create: (spec) => new BaseServiceTask(spec) },
    tasks: {
      kind: "fake",
      create: () => {
        const task = new FakeTask(open);
        tasks.push(task);
        return task;
      },
    },
  });
  return {
    manager,
    tasks,
    host,
    submit: () => manager.submit({ pipeline, settings, log: undefined, from: undefined }),
  };
}

describe("a job manager", () => {
  test("gives every submission a job of its own, oldest first", async () => {
    const { manager, submit } = setUp();
    const jobs = [await submit(), await submit()];

    expect(jobs.map(({ id }) => id)).toEqual(["orders-1", "orders-2"]);
    expect(manager.list()).toEqual(jobs);
    expect(manager.get("orders-2")).toBe(jobs[1]);
  });

  test("forgets a job that has ended, and no other", async () => {
    const { manager, tasks, submit } = setUp();
    const job = await submit();
    expect(manager.forget(job.id)).toBe(false);
    tasks[0]?.end({ state: "completed" });
    await job.done;

    expect(manager.forget(job.id)).toBe(true);
    expect(manager.list()).toEqual([]);
  });

  test("names a job that it does not know", () => {
    expect(() => setUp().manager.get("x")).toThrow(
      expect.objectContaining({ code: "JOB_NOT_FOUND", details: { job: "x" } }),
    );
  });

  test("keeps a terminal job with its report", async () => {
    const { manager, tasks, submit } = setUp();
    const job = await submit();
    tasks[0]?.end({ state: "completed" });
    await job.done;

    expect(manager.get(job.id).status()).toBe("completed");
    expect(manager.get(job.id).report()).toMatchObject({ job: job.id, state: "completed" });
  });

  test("releases the tasks of a job that cannot open, and does not list it", async () => {
    const { manager, tasks, submit } = setUp(() => Promise.reject(new Error("no disk")));

    await expect(submit()).rejects.toThrow("no disk");
    expect(tasks[0]?.calls).toEqual(["open", "cancel"]);
    expect(manager.list()).toEqual([]);
  });
});

describe("closing a job manager", () => {
  test("cancels the jobs that run, and refuses further ones", async () => {
    const { manager, tasks, submit } = setUp();
    const job = await submit();
    await manager.close();

    expect(job.status()).toBe("cancelled");
    expect(tasks[0]?.calls).toEqual(["open", "start", "cancel"]);
    await expect(submit()).rejects.toMatchObject({ code: "RUNTIME_CLOSED" });
  });

  test("does not let a job run on that was being deployed meanwhile", async () => {
    let release: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { manager, tasks, submit } = setUp(() => opened);
    const submitted = submit().catch((error) => error);
    await settle();
    const closed = manager.close();
    release();
    await Promise.all([closed, submitted]);
    await settle();

    expect(tasks[0]?.calls).toContain("cancel");
  });
});
