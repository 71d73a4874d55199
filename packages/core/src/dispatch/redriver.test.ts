import { describe, expect, test } from "vitest";
import { createHost, settle } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { letter as someLetter } from "../../test-support/store-harness.ts";
import { SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { timerChannel } from "../operator/timer-signal.ts";
import { Batch } from "../packet/batch.ts";
import { DriverRegistry } from "../queue/driver-registry.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import type { TaskProgress } from "../state/commit.port.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import { TaskRecord } from "../state/task-record.ts";
import { loopChannel } from "../task/loop-inbox.ts";
import { redriveChannel } from "../task/redrive-channel.ts";
import { sourceChannel } from "../task/source-inbox.ts";
import { JobWiring } from "./job-wiring.ts";
import { Redriver } from "./redriver.ts";

const inbox = (id: string) => ({ kind: "fake", id, capacity: 2, options: {} });
const edge = (inputIndex: number) => ({ inputIndex, keyed: true, strategy: "hash", loop: null });

/** Two sources on the first input of a task, and a third one on its second input. */
const graph = {
  edges: [edge(0), edge(1)],
  tasks: [
    ...["a#0", "a#1", "b#0"].map((id) => ({
      id,
      step: id.slice(0, 1),
      index: 0,
      inbox: null,
      loopInbox: null,
    })),
    { id: "join#0", step: "join", index: 0, inbox: inbox("join#0"), loopInbox: null },
  ],
  channels: [
    { id: 0, edge: 0, from: "a#0", to: "join#0" },
    { id: 1, edge: 0, from: "a#1", to: "join#0" },
    { id: 2, edge: 1, from: "b#0", to: "join#0" },
  ],
} as unknown as ExecutionGraph;

const letter = (more: Partial<DeadLetter> = {}): DeadLetter => ({
  ...someLetter(),
  id: "join#0/1:5",
  record: "r",
  node: "join#0",
  key: "k",
  headers: { trace: "t" },
  channel: 1,
  ...more,
});

async function setUp(later: <T>(value: T) => MaybePromise<T> = (value) => value) {
  const host = createHost();
  const queue = new FakeQueue(2, "job-1/join#0");
  const driver = { kind: "fake", capabilities: {} as never, open: () => queue };
  const handles = new QueueHandles(new DriverRegistry([driver as never]));
  const settings = { log: host.logger, strictPayloads: false };
  const wiring = new JobWiring({ job: "job-1", graph, functions: {} as never, handles, host, settings });
  await wiring.inbox(graph.tasks[3] as never);
  const records = new Map(["a#0", "a#1", "b#0", "join#0"].map((id) => [id, new TaskRecord()]));
  let loopEnding = false;
  const redriver = new Redriver({
    job: "job-1",
    graph,
    wiring,
    store: { progress: (node: string) => later<TaskProgress | undefined>(records.get(node)) } as never,
    isLoopEnding: () => loopEnding,
  });
  const finish = (...ids: string[]) => {
    for (const id of ids) (records.get(id) as TaskRecord).finished = true;
  };
  const taken = () => (queue.take(100) as Delivery).batches;
  const endLoop = () => {
    loopEnding = true;
  };
  return { redriver, queue, records, finish, taken, endLoop };
}

const refusal = (problem: RegExp) =>
  expect.objectContaining({
    code: "REDRIVE_REFUSED",
    details: { job: "job-1", letter: "join#0/1:5", problem: expect.stringMatching(problem) },
  });

describe("a redriver", () => {
  test("puts the record with key, headers and where it comes from, within the call", async () => {
    const { redriver, taken } = await setUp();

    expect(redriver.redrive(letter())).toBeUndefined();
    const [batch] = taken();
    expect(batch).toMatchObject({
      channel: redriveChannel(0),
      firstSeq: 0,
      payloads: ["r"],
      keys: ["k"],
      headers: [{ trace: "t", "redriven-from": "join#0/1:5" }],
      stop: undefined,
    });
  });

  test("numbers the records of each input by themselves, from those that came before", async () => {
    const { redriver, queue, records } = await setUp();
    records.get("join#0")?.received.move(new Batch(redriveChannel(1), 0, ["x", "y", "z"]));
    void redriver.redrive(letter());
    void redriver.redrive(letter({ channel: 2 }));
    void redriver.redrive(letter({ channel: redriveChannel(0) }));

    expect(queue.size()).toBe(2);
    expect(redriver.sent()).toEqual([
      { to: "join#0", channel: redriveChannel(0), sent: 2 },
      { to: "join#0", channel: redriveChannel(1), sent: 4 },
    ]);
  });

  test("waits in line where the inbox is full", async () => {
    const { redriver, queue, taken } = await setUp();
    void redriver.redrive(letter());
    void redriver.redrive(letter());
    let settled = false;
    void Promise.resolve(redriver.redrive(letter())).then(() => {
      settled = true;
    });
    await settle();
    expect(settled).toBe(false);

    taken();
    queue.advance(2);
    await settle();
    expect([settled, taken().map(({ firstSeq }) => firstSeq)]).toEqual([true, [2]]);
  });

  test("asks a store that needs time, and puts then", async () => {
    const { redriver, queue, finish } = await setUp((value) => Promise.resolve(value));
    const redriven = redriver.redrive(letter());
    expect(queue.size()).toBe(0);
    await redriven;
    expect(queue.size()).toBe(1);

    finish("a#0", "a#1");
    await expect(redriver.redrive(letter())).rejects.toEqual(refusal(/input 0 of "join#0" has ended/));
  });

  test("refuses once all senders of the letter's input have finished, whatever the others do", async () => {
    const { redriver, queue, finish } = await setUp();
    finish("a#0");
    expect(redriver.redrive(letter())).toBeUndefined();

    finish("a#1");
    expect(() => redriver.redrive(letter())).toThrow(refusal(/input 0 of "join#0" has ended/));
    expect(redriver.redrive(letter({ channel: 2 }))).toBeUndefined();
    expect(queue.size()).toBe(2);
  });

  test("refuses once the feedback loop has ended", async () => {
    const { redriver, endLoop } = await setUp();
    endLoop();

    expect(() => redriver.redrive(letter())).toThrow(refusal(/feedback loop/));
  });

  test.each<[string, Partial<DeadLetter>, RegExp]>([
    ["a source's letter", { node: "a#0", channel: sourceChannel }, /a source has no inbox/],
    ["a timer", { channel: timerChannel }, /it is a timer/],
    ["a letter of another job", { node: "elsewhere#0" }, /no task "elsewhere#0"/],
    ["a letter of another graph", { channel: 77 }, /no channel 77/],
  ])("refuses %s", async (_, more, problem) => {
    const { redriver, queue } = await setUp();

    expect(() => redriver.redrive(letter(more))).toThrow(refusal(problem));
    expect([queue.size(), redriver.sent()]).toEqual([0, []]);
  });

  test("refuses where the inbox is closed, also while it waits, and has sent nothing then", async () => {
    const { redriver, queue } = await setUp();
    void redriver.redrive(letter());
    void redriver.redrive(letter());
    const waiting = redriver.redrive(letter());
    queue.close();

    await expect(waiting).rejects.toEqual(refusal(/its job is ending/));
    expect(() => redriver.redrive(letter())).toThrow(refusal(/its job is ending/));
    expect(redriver.sent()).toEqual([{ to: "join#0", channel: redriveChannel(0), sent: 2 }]);
  });

  test("passes on what else goes wrong with the inbox", async () => {
    const { redriver, queue } = await setUp();
    const lost = new SageError("FOREIGN", { name: "Error", message: "connection lost" });
    queue.offer = () => {
      throw lost;
    };

    expect(() => redriver.redrive(letter())).toThrow(lost);
    expect(redriver.sent()).toEqual([{ to: "join#0", channel: redriveChannel(0), sent: 0 }]);
  });
});

describe("the numbers of redrive channels", () => {
  test("are those of no other channel, however many inputs there are", () => {
    const numbers = Array.from({ length: 100 }, (_, input) => [
      redriveChannel(input),
      loopChannel(input),
    ]).flat();

    expect(new Set([...numbers, sourceChannel, timerChannel]).size).toBe(202);
    expect(Math.max(...numbers)).toBeLessThan(0);
  });
});
