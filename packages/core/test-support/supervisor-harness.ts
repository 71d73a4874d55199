import { SupervisedTask } from "../src/dispatch/supervised-task.ts";
import type { MaybePromise } from "../src/host/maybe-promise.ts";
import { SeededRandom } from "../src/host/seeded-random.ts";
import { RestartPolicy, type RestartStrategy } from "../src/task/restart-strategy.ts";
import type { TaskOutcome } from "../src/task/task.port.ts";
import { TaskInbox } from "../src/task/task-inbox.ts";
import { createHost, settle } from "./fake-host.ts";
import { FakeQueue } from "./fake-queue.ts";
import { FakeTask } from "./fake-task.ts";

/** What a test of a supervisor may choose. */
export interface SupervisorSetup {
  /** The strategy; `"none"` is a task that is never restarted. Default: twice, 100 ms after each failure. */
  readonly strategy?: RestartStrategy;
  /** Called with each incarnation before it is opened, counted from 1. */
  readonly arrange?: (task: FakeTask, incarnation: number) => MaybePromise<void>;
  /** Ends what the task keeps. */
  readonly release?: () => MaybePromise<void>;
  /** Whether it rests when it is completed. Default: no. */
  readonly rests?: boolean;
  /** Where the first incarnation stands. Default `started`. */
  readonly until?: "created" | "opened" | "started";
}

/** A supervised task over fakes, and a log of its end. */
export async function supervise(setup: SupervisorSetup = {}) {
  const { strategy = { kind: "fixedDelay", attempts: 2, delayMs: 100 }, until = "started" } = setup;
  const { rests = false, arrange = () => undefined, release = () => undefined } = setup;
  const host = createHost();
  const queue = new FakeQueue();
  const incarnations: FakeTask[] = [];
  const ends: TaskOutcome[] = [];
  let releases = 0;
  const restarts = strategy === "none" ? undefined : new RestartPolicy(strategy, new SeededRandom(1));
  const task = new SupervisedTask({
    id: "map-2#0",
    host,
    input: new TaskInbox(queue, host.scheduler),
    restarts,
    rests,
    create: async () => {
      const next = new FakeTask();
      incarnations.push(next);
      await arrange(next, incarnations.length);
      return next;
    },
    release: () => {
      releases++;
      return release();
    },
  });
  void task.done.then((outcome) => ends.push(outcome));
  await task.create();
  if (until !== "created") await task.open();
  if (until === "started") task.start();
  /** The calls of an incarnation, counted from 1. */
  const calls = (incarnation: number) => incarnations[incarnation - 1]?.calls;
  const last = () => incarnations.at(-1) as FakeTask;
  const fail = async (error: unknown, restartable = true) => {
    last().fail(error, restartable);
    await settle();
  };
  const passed = async (ms: number) => {
    host.clock.advance(ms);
    await settle();
  };
  const { clock, lines } = host;
  const closed = () => queue.closes;
  return {
    ...{ task, restarts, incarnations, ends, calls, last, fail, passed, clock, lines, queue, closed },
    released: () => releases,
  };
}
