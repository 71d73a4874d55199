import assert from "node:assert/strict";
import type { Environment, ExecutionGraph, TaskContext } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { TaskLab } from "../task/task-lab.ts";
import { ChannelLog } from "./channel-log.ts";
import type { StopSubject } from "./stop-subject.ts";

/** A lab with a pipeline whose channels are watched. */
export interface StopLab {
  readonly lab: TaskLab;
  readonly log: ChannelLog;
  readonly env: Environment;
}

/** A case of the stop contract: one pipeline, in virtual time, at the smallest and at a large capacity. */
export function stopCase(
  id: string,
  title: string,
  run: (scene: StopLab) => Promise<void>,
): ContractCase<StopSubject> {
  const once = async (subject: StopSubject, capacity: number): Promise<void> => {
    const log = new ChannelLog();
    const lab = new TaskLab(subject, log.watch(subject.driver(subject.machine.host.scheduler)));
    await run({ lab, log, env: await lab.pipeline(capacity) });
    await lab.close();
  };
  return {
    id,
    title,
    run: (subject) =>
      subject.machine.run(async () => {
        await once(subject, 1);
        await once(subject, 64);
      }),
  };
}

/** A function whose life is noted: `<task> opens`, `takes`, `hears of <input>`, `finishes` and `closes`. */
export function noted<In, Out, Last = never>(
  log: ChannelLog,
  execute: (record: In, ctx: TaskContext) => Out,
  last: readonly Last[] = [],
) {
  return {
    create: () => {
      let id = "?";
      return {
        open: (ctx: TaskContext) => {
          id = `${ctx.step}#${ctx.index}`;
          log.note(`${id} opens`);
        },
        execute: (record: In, ctx: TaskContext) => {
          log.note(`${id} takes`);
          return execute(record, ctx);
        },
        onInputEnd: (input: number) => log.note(`${id} hears of ${input}`),
        finish: (emit: (record: Last) => void) => {
          for (const record of last) emit(record);
          log.note(`${id} finishes`);
        },
        close: () => log.note(`${id} closes`),
      };
    },
  };
}

/** Fails unless each task of a step finished once, after everything that leads into it, and closed once after that. */
export function assertEnded(log: ChannelLog, graph: ExecutionGraph, step: string): void {
  for (const { id } of graph.tasks.filter((task) => task.step === step)) {
    for (const event of ["opens", "finishes", "closes"])
      assert.equal(log.count(`${id} ${event}`), 1, `how often ${id} ${event}`);
    const finished = log.events.indexOf(`${id} finishes`);
    for (const channel of graph.channels.filter(
      ({ to, edge }) => to === id && !graph.edges[edge]?.feedback,
    )) {
      const stopped = log.events.indexOf(`stop ${channel.id}`);
      assert.ok(stopped >= 0 && stopped < finished, `${id} finished before ${channel.from} stopped`);
    }
    assert.ok(log.events.lastIndexOf(`${id} takes`) < finished, `${id} took a record after it finished`);
    assert.ok(log.events.indexOf(`${id} closes`) > finished, `${id} closed before it finished`);
    for (const channel of graph.channels.filter(({ from }) => from === id))
      assert.ok(log.events.indexOf(`stop ${channel.id}`) > finished, `${id} stopped before it finished`);
  }
}
