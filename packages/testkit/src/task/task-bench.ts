import assert from "node:assert/strict";
import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  Batch,
  Connection,
  CrashCounts,
  type DeadLetter,
  faultRules,
  MemoryStateStore,
  type OnError,
  type PartitionKey,
  QueueDescriptor,
  type StopSignal,
  type Task,
  type TaskOutcome,
  type TaskSpec,
  TaskStats,
  wireRouter,
} from "@sage-kernel/core/spi";
import { started } from "../contract/probes.ts";
import { FakeQueue } from "../queue/fake-queue.ts";
import { type ProbeHooks, ProbeOperator } from "./probe-operator.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";

/** One task, as a contract case describes it. */
export interface TaskPlan extends ProbeHooks {
  /** The sending tasks of each input; by default one, `up#0`. */
  readonly inputs?: readonly (readonly string[])[];
  /** How many instances it sends to; 1 by default. */
  readonly width?: number;
  /** Records that the inbox holds; 100 by default. */
  readonly capacity?: number;
  /** Records that each receiver's inbox holds; 1000 by default. */
  readonly room?: number;
  /** Most records in a unit; 4 by default. */
  readonly maxBatch?: number;
  readonly onError?: OnError;
  readonly concurrency?: number;
  readonly ordered?: boolean;
  readonly timeoutMs?: number;
}

/** One task between fake queues: what comes in is the case's, what goes out is kept. */
export class TaskBench {
  readonly task: Task;
  readonly operator: ProbeOperator;
  /** Its input. */
  readonly inbox: FakeQueue;
  /** The inboxes of those it sends to. */
  readonly receivers: readonly FakeQueue[];
  /** What it gave up on. */
  readonly letters: readonly DeadLetter[];
  readonly #channels: TaskSpec["channels"];
  readonly #sent = new Map<string, number>();

  constructor(task: Task, operator: ProbeOperator, parts: BenchParts) {
    this.task = task;
    this.operator = operator;
    this.inbox = parts.inbox;
    this.receivers = parts.receivers;
    this.letters = parts.letters;
    this.#channels = parts.channels;
  }

  /** Opens and starts the task. */
  async start(): Promise<void> {
    await this.task.open();
    this.task.start();
  }

  /** Sends records from a producer, by default the first one. They are in the inbox when the promise has settled. */
  feed(payloads: readonly unknown[], source = "up#0", keys?: readonly PartitionKey[]): Promise<void> {
    return this.put(this.next(source, payloads, keys));
  }

  /** Sends a producer's stop signal, behind some records if there are any. */
  stop(source = "up#0", payloads: readonly unknown[] = []): Promise<void> {
    return this.put(this.next(source, payloads, undefined, { source, time: 0 }));
  }

  /** Puts any batch into the inbox. */
  put(batch: Batch): Promise<void> {
    return started(() => (this.inbox.offer(batch) ? undefined : this.inbox.put(batch)));
  }

  /** The next batch of a producer's channel. */
  next(
    source: string,
    payloads: readonly unknown[],
    keys?: readonly PartitionKey[],
    stop?: StopSignal,
  ): Batch {
    const seq = this.#sent.get(source) ?? 0;
    this.#sent.set(source, seq + payloads.length);
    return new Batch(this.channelOf(source), seq, payloads, keys, undefined, stop);
  }

  /** The number of a producer's channel. */
  channelOf(source: string): number {
    return this.#channels.find((channel) => channel.source === source)?.channel ?? assert.fail(source);
  }

  /** What was sent to one receiver, in order. */
  sentTo(index = 0): unknown[] {
    return this.receivers[index]?.puts.flatMap(({ payloads }) => payloads) ?? [];
  }

  /** The batches with stop signals that one receiver got. */
  stopsTo(index = 0): Batch[] {
    return this.receivers[index]?.puts.filter(({ stop }) => stop !== undefined) ?? [];
  }

  /** Takes what one receiver is sent, at most so many records at a time, up to the stop signal. */
  async consume(index = 0, max = 2): Promise<unknown[]> {
    const receiver = this.receivers[index] ?? assert.fail(`no receiver ${index}`);
    const payloads: unknown[] = [];
    for (let stopped = false; !stopped; ) {
      const { batches, position } = await receiver.take(max);
      payloads.push(...batches.flatMap((batch) => batch.payloads));
      stopped = batches.some(({ stop }) => stop !== undefined);
      receiver.advance(position as number);
    }
    return payloads;
  }

  /** The calls of one kind. */
  called(kind: string): string[] {
    return this.operator.calls.filter((call) => call.startsWith(kind));
  }

  /** Fails unless the task ends well. */
  async completes(): Promise<void> {
    const outcome = await this.task.done;
    assert.equal(outcome.state, "completed", reasonIn(outcome));
    assert.equal(this.task.report().state, "completed");
  }

  /** The error that the task fails with; fails when it does not. */
  async failure(): Promise<SageError> {
    const outcome = await this.task.done;
    assert.equal(outcome.state, "failed");
    assert.equal(this.task.report().state, "failed");
    const { error } = outcome as { readonly error: unknown };
    assert.ok(error instanceof SageError, String(error));
    return error;
  }
}

/** What surrounds a task on its bench. */
interface BenchParts {
  readonly inbox: FakeQueue;
  readonly receivers: readonly FakeQueue[];
  readonly letters: readonly DeadLetter[];
  readonly channels: TaskSpec["channels"];
}

function reasonIn(outcome: TaskOutcome): string {
  return outcome.state === "failed" ? String(outcome.error) : outcome.state;
}

/** Makes a task by the factory of a subject; `name` goes into its id and into its queues. */
export async function benchFor(
  { factory, machine, names }: TaskFactorySubject,
  plan: TaskPlan,
  name: string,
): Promise<TaskBench> {
  const { inputs = [["up#0"]], width = 1, capacity = 100, room = 1000, maxBatch = 4 } = plan;
  const queue = (id: string, size: number): FakeQueue =>
    new FakeQueue(
      new QueueDescriptor({
        kind: "fake",
        id: `${names.caseId}/${names.runId}/${name}/${id}`,
        capacity: size,
        options: {},
      }),
    );
  const channels = inputs
    .flatMap((sources, inputIndex) => sources.map((source) => ({ inputIndex, source })))
    .map((channel, number) => ({ channel: number, ...channel }));
  const receivers = Array.from({ length: width }, (_, index) => queue(`next#${index}`, room));
  const connections = receivers.map(
    (inbox, index) =>
      new Connection({ step: "next", index, inputIndex: 0, keyed: true, channel: 100 + index, queue: inbox }),
  );
  const edge = { from: name, to: "next", inputIndex: 0, strategy: "round-robin", keyed: true };
  const way = { output: "records" as const, shared: false, loop: null, feedback: false };
  const letters: DeadLetter[] = [];
  const inbox = queue("inbox", capacity);
  const operator = new ProbeOperator(plan);
  const { host } = machine;
  const task = await factory.create({
    id: `${name}#0`,
    job: `${names.caseId}/${names.runId}`,
    step: name,
    index: 0,
    parallelism: 1,
    seesKeys: false,
    keyed: false,
    strategies: inputs.map(() => "round-robin"),
    operator,
    inbox,
    channels,
    router: wireRouter(name, [{ edge: { ...edge, ...way }, connections, partitioner: undefined }], {
      log: host.logger,
      strictPayloads: false,
    }),
    collects: false,
    commit: new MemoryStateStore().open({
      node: `${name}#0`,
      input: inbox,
      deadLetters: { write: (more) => void letters.push(...more) },
    }),
    crashes: new CrashCounts(),
    stats: new TaskStats(),
    faults: faultRules(plan.onError ?? "fail"),
    concurrency: plan.concurrency ?? 1,
    ordered: plan.ordered ?? true,
    timeoutMs: plan.timeoutMs,
    limits: { maxBatch, maxBatchMs: 5 },
    host,
  });
  return new TaskBench(task, operator, { inbox, receivers, letters, channels });
}

/** Fails when a value is not plain JSON. */
export function assertJson(value: unknown): void {
  assert.deepEqual(JSON.parse(JSON.stringify(value)) as JsonValue, value);
}
