import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TurnScheduler } from "../../test-support/fake-host.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { LoopInbox } from "../task/loop-inbox.ts";
import type { LoopProbe, Task } from "../task/task.port.ts";
import { LoopWatch } from "./loop-watch.ts";
import type { RedriveCount } from "./redriver.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** Channel 0 leads into the loop, 1 and 2 lie in it, 3 leads out of it. */
const graph = {
  edges: [{ loop: null }, { loop: 0 }, { loop: 0 }, { loop: null }],
  channels: [0, 1, 2, 3].map((id) => ({ id, edge: id })),
} as unknown as ExecutionGraph;

function setUp(
  probes: (() => LoopProbe | Promise<LoopProbe>)[],
  redriven: () => readonly RedriveCount[] = () => [],
) {
  const scheduler = new TurnScheduler();
  const errors: unknown[] = [];
  const hurried: string[] = [];
  let ends = 0;
  const watch = new LoopWatch({
    loop: 0,
    graph,
    tasks: probes.map(
      (probe, t) => ({ id: `t${t}`, probe, hurryTimers: () => hurried.push(`t${t}`) }) as unknown as Task,
    ),
    heads: [[{ end: () => ends++ } as unknown as LoopInbox]],
    redriven,
    scheduler,
    onError: (error) => errors.push(error),
  });
  const look = async () => {
    watch.look();
    await scheduler.settled();
  };
  return { watch, look, scheduler, errors, hurried, ends: () => ends };
}

const empty: LoopProbe = {
  idle: true,
  timers: false,
  outsideEnded: true,
  sent: { 1: 3, 2: 3, 3: 9 },
  received: { 0: 5, 1: 3, 2: 3 },
};

/** The head of a loop, with whether it has heard the end. */
class FakeHead {
  ended = false;
  told = 0;

  end(): void {
    this.told++;
    this.ended = true;
  }

  forgetEnd(): void {
    this.ended = false;
  }
}

describe("the watch over a feedback loop of two heads", () => {
  function watched(heads: readonly FakeHead[]) {
    const scheduler = new TurnScheduler();
    const watch = new LoopWatch({
      loop: 0,
      graph,
      tasks: [{ id: "t0", probe: () => empty } as unknown as Task],
      heads: heads.map((head) => [head as unknown as LoopInbox]),
      redriven: () => [],
      scheduler,
      onError: () => undefined,
    });
    const look = async () => {
      watch.look();
      await scheduler.settled();
    };
    return { watch, look };
  }

  test("goes on behind the heads that have heard the end in another process", async () => {
    const [first, second] = [new FakeHead(), new FakeHead()];
    first.ended = true;
    const { look } = watched([first, second]);
    await look();

    expect([first.told, second.told]).toEqual([0, 1]);
  });

  test("tells all heads again that have lost it", async () => {
    const [first, second] = [new FakeHead(), new FakeHead()];
    const { watch, look } = watched([first, second]);
    await look();
    await look();
    watch.reset();
    expect([watch.ending, first.ended]).toEqual([false, false]);
    await look();
    await look();

    expect([first.told, second.told]).toEqual([2, 2]);
  });
});

describe("the watch over a feedback loop", () => {
  test("ends it, once, when two probes find every task idle and nothing under way", async () => {
    let probes = 0;
    const { look, ends } = setUp([
      () => {
        probes++;
        return empty;
      },
    ]);
    await look();
    expect([ends(), probes]).toEqual([1, 2]);

    await look();
    expect([ends(), probes]).toEqual([1, 2]);
  });

  test.each<[string, Partial<LoopProbe>]>([
    ["a task is busy", { idle: false }],
    ["something may still come from outside", { outsideEnded: false }],
    ["a record is under way", { sent: { 1: 4, 2: 3, 3: 9 } }],
  ])("does not end it while %s, and looks again when it is told to", async (_, more) => {
    let probe: LoopProbe = { ...empty, ...more };
    const { look, ends } = setUp([() => empty, () => probe]);
    await look();
    expect(ends()).toBe(0);

    probe = empty;
    await look();
    expect(ends()).toBe(1);
  });

  test("counts the channels inside of the loop alone", async () => {
    const { look, ends } = setUp([
      () => ({ ...empty, sent: { 1: 6, 3: 1 }, received: { 0: 100, 1: 3, 2: 3 } }),
    ]);
    await look();

    expect(ends()).toBe(1);
  });

  test("does not end it when a record went round between the two probes", async () => {
    let round = 0;
    const { look, ends } = setUp([
      () => {
        round++;
        return { ...empty, sent: { 1: round }, received: { 1: round } };
      },
    ]);
    await look();

    expect(ends()).toBe(0);
  });

  test("lets the timers that are left come before it ends it", async () => {
    let timers = true;
    const { look, ends, hurried } = setUp([() => empty, () => ({ ...empty, timers })]);
    await look();
    expect([ends(), hurried]).toEqual([0, ["t1"]]);

    timers = false;
    await look();
    expect([ends(), hurried]).toEqual([1, ["t1"]]);
  });

  test("does not end it before a redriven record has arrived, and knows nothing of those of other tasks", async () => {
    let arrived = 0;
    const { watch, look, ends } = setUp(
      [() => empty, () => ({ ...empty, received: { ...empty.received, "-9": arrived } })],
      () => [
        { to: "t1", channel: -9, sent: 1 },
        { to: "elsewhere", channel: -9, sent: 5 },
      ],
    );
    await look();
    expect([ends(), watch.ending]).toEqual([0, false]);

    arrived = 1;
    await look();
    expect([ends(), watch.ending]).toEqual([1, true]);
  });

  test("does not end it when a record is redriven just behind the last probe", async () => {
    let probes = 0;
    const probe = () => {
      probes++;
      return empty;
    };
    const behind = () => (probes < 2 ? [] : [{ to: "t0", channel: -9, sent: 1 }]);
    const { watch, look, ends } = setUp([probe], behind);
    await look();

    expect([probes, ends(), watch.ending]).toEqual([2, 0, false]);
  });

  test("looks again when it was told to while it was looking", async () => {
    let answer: (probe: LoopProbe) => void = () => undefined;
    const answers: Promise<LoopProbe>[] = [new Promise((resolve) => (answer = resolve))];
    const { watch, look, scheduler, ends } = setUp([() => answers.shift() ?? empty]);
    await look();
    watch.look();
    watch.look();
    answer({ ...empty, idle: false });
    await scheduler.settled();

    expect(ends()).toBe(1);
  });

  test("reports a probe that fails", async () => {
    const lost = new Error("worker lost");
    const { look, errors, ends } = setUp([() => Promise.reject(lost)]);
    await look();

    expect([errors, ends()]).toEqual([[lost], 0]);
  });

  test("never ends it while a record is inside, and ends it when none is, in any order of events", async () => {
    /** Two tasks pass records round: what one sends, the other has to receive. */
    const moves = fc.array(fc.tuple(fc.constantFrom("enter", "stop", "receive", "work", "look"), fc.nat()), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(moves, async (plan) => {
        const tasks = [0, 1].map(() => ({ holds: 0, sent: 0, received: 0 }));
        let outsideEnded = false;
        const underWay = () => tasks.reduce((sum, { sent, received }) => sum + sent - received, 0);
        const inside = () => underWay() + tasks.reduce((sum, { holds }) => sum + holds, 0);
        const { watch, scheduler, ends } = setUp(
          tasks.map((task, t) => () => ({
            idle: task.holds === 0,
            timers: false,
            outsideEnded,
            sent: { [t + 1]: task.sent },
            received: { [2 - t]: task.received },
          })),
        );
        const act = (move: string, at: number, goesOn: boolean) => {
          const task = tasks[at] as (typeof tasks)[number];
          const other = tasks[1 - at] as (typeof tasks)[number];
          if (move === "enter" && !outsideEnded) task.holds++;
          if (move === "stop") outsideEnded = true;
          if (move === "receive" && other.sent > task.received) {
            task.received++;
            task.holds++;
          }
          if (move === "work" && task.holds > 0) {
            task.holds--;
            if (goesOn) task.sent++;
            if (task.holds === 0) watch.look();
          }
          if (move === "look") watch.look();
        };
        for (const [move, n] of plan) {
          act(move, n % 2, n % 3 === 0);
          if (n % 5 === 0) await scheduler.settled();
          else if (n % 5 === 1) await scheduler.yield();
          if (ends() > 0) expect([outsideEnded, inside()]).toEqual([true, 0]);
        }
        act("stop", 0, false);
        watch.look();
        for (let n = 0; inside() > 0; n++) {
          act("receive", n % 2, false);
          act("work", n % 2, false);
          await scheduler.settled();
          if (inside() > 0) expect(ends()).toBe(0);
        }
        await scheduler.settled();
        expect(ends()).toBe(1);
      }),
    );
  });
});
