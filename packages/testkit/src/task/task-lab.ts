import assert from "node:assert/strict";
import type { Environment, Job, JobReport, Runtime, SubmitOptions } from "@sage-kernel/core";
import { type Adapter, createRuntime, tokens } from "@sage-kernel/core/di";
import type { QueueDriver, TaskFactory } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { registerFakes } from "../fakes.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { benchFor, type TaskBench, type TaskPlan } from "./task-bench.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";

/** Where a case of the task contract works: single tasks between fake queues, and whole pipelines. */
export class TaskLab {
  readonly subject: TaskFactorySubject;
  readonly #driver: QueueDriver;
  readonly #benches: TaskBench[] = [];
  /** By the capacity of their queues. */
  readonly #runtimes = new Map<number, Promise<Runtime>>();
  #pipelines = 0;

  /** Pipelines have fake queues, or those of another driver. */
  constructor(subject: TaskFactorySubject, driver: QueueDriver = new FakeQueueDriver()) {
    this.subject = subject;
    this.#driver = driver;
  }

  /** The virtual time so far, in ms. */
  get now(): number {
    return this.subject.machine.host.clock.monotonic();
  }

  /** Lets time pass. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.subject.machine.host.clock.sleep(ms, signal);
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return this.sleep(0.001);
  }

  /** A task that has not been opened. */
  async bench(plan: TaskPlan = {}, name = "probe"): Promise<TaskBench> {
    const bench = await benchFor(this.subject, plan, name);
    this.#benches.push(bench);
    return bench;
  }

  /** A task that runs. */
  async started(plan: TaskPlan = {}, name = "probe"): Promise<TaskBench> {
    const bench = await this.bench(plan, name);
    await bench.start();
    return bench;
  }

  /** The environment of a pipeline whose tasks come from the factory. */
  async pipeline(queueCapacity = 16): Promise<Environment> {
    const { caseId, runId } = this.subject.names;
    const runtime = this.#runtimes.get(queueCapacity) ?? this.#compose(queueCapacity);
    this.#runtimes.set(queueCapacity, runtime);
    return (await runtime).environment(`${caseId}.${runId.replaceAll("/", ".")}.${this.#pipelines++}`);
  }

  /** Runs a pipeline to its end. */
  async finish(
    env: Environment,
    options?: SubmitOptions,
  ): Promise<{ readonly job: Job; readonly report: JobReport }> {
    const job = await env.submit(options);
    const report = await job.done;
    assert.equal(report.state, "completed");
    assert.equal(report.ledger.undelivered, 0);
    for (const task of report.tasks) assert.equal(task.state, "completed", task.id);
    return { job, report };
  }

  /** Ends everything, and fails when a timer is left. */
  async close(): Promise<void> {
    await Promise.all(this.#benches.map(({ task }) => task.cancel()));
    for (const runtime of this.#runtimes.values()) await (await runtime).close();
    assert.equal(this.subject.machine.host.clock.pending, 0, "a timer is left after everything has ended");
  }

  #compose(queueCapacity: number): Promise<Runtime> {
    const { factory, machine } = this.subject;
    const register: Adapter["register"] = (container) => {
      registerFakes(container, machine.host);
      container.register<TaskFactory>(tokens.taskFactory, { useFactory: () => factory });
      container.register(tokens.queueDriver, { useFactory: () => this.#driver });
    };
    return createRuntime({ queueCapacity, adapters: [{ name: "lab", register }] });
  }
}

/** A case of the task contract, which runs in virtual time and leaves nothing behind. */
export function taskCase(
  id: string,
  title: string,
  run: (lab: TaskLab) => Promise<void>,
): ContractCase<TaskFactorySubject> {
  return {
    id,
    title,
    run: (subject) =>
      subject.machine.run(async () => {
        const lab = new TaskLab(subject);
        await run(lab);
        await lab.close();
      }),
  };
}
