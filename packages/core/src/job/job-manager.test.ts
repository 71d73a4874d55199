import { describe, expect, test } from "vitest";
import type { CompiledPipeline } from "../graph/compile.ts";
import type { Host } from "../host/host.ts";
import type { Logger } from "../host/logger.port.ts";
import { DriverRegistry } from "../queue/driver-registry.ts";
import { queueCommitFactory } from "../state/queue-commit.ts";
import type { Task, TaskOutcome } from "../task/task.port.ts";
import { JobManager } from "./job-manager.ts";

const settle = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

function createHost(): Host {
  const logger = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
  logger.child = () => logger;
  let ids = 0;
  return {
    clock: {
      now: () => 0,
      monotonic: () => 0,
      setTimer: () => ({ clear: () => undefined }),
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    },
    logger,
    ids: { next: (prefix: string) => `${prefix}-${++ids}` },
  } as unknown as Host;
}

/** A task that runs until it is cancelled, and whose opening waits for the test. */
class FakeTask implements Task {
  readonly id = "run-1#0";
  readonly done: Promise<TaskOutcome>;
  readonly calls: string[] = [];
  readonly #opened: Promise<void>;
  #settle!: (outcome: TaskOutcome) => void;

  constructor(opened: Promise<void>) {
    this.#opened = opened;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  open() {
    this.calls.push("open");
    return this.#opened;
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
  report() {
    const ledger = {
      received: 0,
      processed: 0,
      filtered: 0,
      emitted: 0,
      skipped: 0,
      deadLettered: 0,
      inFlight: 0,
    };
    return { id: this.id, step: "run-1", state: "running" as const, ledger, sent: {}, received: {} };
  }
}

const pipeline = {
  graph: {
    version: 1,
    name: "orders",
    steps: [{ id: "run-1", kind: "run", parallelism: 1, keyed: false, onError: "fail", concurrency: 1 }],
    edges: [],
    tasks: [{ id: "run-1#0", step: "run-1", index: 0, inbox: null }],
    channels: [],
    services: [],
  },
  functions: {
    runtimes: new Map([
      ["run-1", () => ({ createOperator: () => ({}), createReader: () => ({ close() {} }) })],
    ]),
    partitioners: new Map(),
  },
} as unknown as CompiledPipeline;
const settings = { maxBatch: 1, maxBatchMs: 1, deadLetterCapacity: 0 };

function setUp(opened: Promise<void> = Promise.resolve()) {
  const tasks: FakeTask[] = [];
  const manager = new JobManager({
    host: createHost(),
    drivers: new DriverRegistry([]),
    commits: queueCommitFactory,
    tasks: {
      kind: "fake",
      create: () => {
        const task = new FakeTask(opened);
        tasks.push(task);
        return task;
      },
    },
  });
  return { manager, tasks, submit: () => manager.submit(pipeline, settings) };
}

describe("a job manager", () => {
  test("gives every submission a job of its own, oldest first", async () => {
    const { manager, submit } = setUp();
    const jobs = [await submit(), await submit()];

    expect(jobs.map(({ id }) => id)).toEqual(["orders-1", "orders-2"]);
    expect(manager.list()).toEqual(jobs);
    expect(manager.get("orders-2")).toBe(jobs[1]);
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
    const { manager, tasks, submit } = setUp(Promise.reject(new Error("no disk")));

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
    const { manager, tasks, submit } = setUp(opened);
    const submitted = submit().catch((error) => error);
    await settle();
    const closed = manager.close();
    release();
    await Promise.all([closed, submitted]);
    await settle();

    expect(tasks[0]?.calls).toContain("cancel");
  });
});
