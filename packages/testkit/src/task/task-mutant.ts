import {
  BaseTask,
  type Commit,
  type Inbox,
  type Operator,
  type Queue,
  type Router,
  type Task,
  type TaskSpec,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { virtualMachine } from "../machine/virtual-machine.ts";
import { changedRouter } from "../routing/router-mutant.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";
import { plainTaskBinding, type TaskFactorySubject } from "./task-factory-subject.ts";

/** A factory of wrong tasks, as a mutant of the task contract; `wrong` is asked for each case. */
export function factoryMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: () => (spec: TaskSpec) => Task,
): Mutant<TaskFactorySubject> {
  return {
    ...plainTaskBinding,
    id,
    title,
    breaks,
    open: (names) => ({
      factory: { kind: "wrong", create: wrong() },
      machine: virtualMachine(new TurnScheduler()),
      names,
    }),
  };
}

/** A mutant whose tasks are made of something else. */
export function specMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: TaskSpec) => Partial<TaskSpec>,
): Mutant<TaskFactorySubject> {
  return factoryMutant(id, title, breaks, () => (spec) => new BaseTask({ ...spec, ...wrong(spec) }));
}

/** A mutant whose tasks have some members replaced. */
export function taskMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: Task, spec: TaskSpec) => Partial<Task>,
): Mutant<TaskFactorySubject> {
  return factoryMutant(id, title, breaks, () => (spec) => {
    const right = new BaseTask(spec);
    return {
      id: right.id,
      done: right.done,
      open: () => right.open(),
      start: () => right.start(),
      drain: () => right.drain(),
      cancel: () => right.cancel(),
      abandon: (error) => right.abandon(error),
      pause: () => right.pause(),
      resume: () => right.resume(),
      probe: () => right.probe(),
      hurryTimers: () => right.hurryTimers(),
      report: () => right.report(),
      ...wrong(right, spec),
    };
  });
}

/** A mutant whose tasks treat their operators otherwise. */
export function operatorMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: Operator) => Partial<Operator>,
): Mutant<TaskFactorySubject> {
  return specMutant(id, title, breaks, ({ operator: right }) => ({
    operator: {
      open: (ctx) => right.open(ctx),
      run: (batch, from, to, out, cursor) => right.run(batch, from, to, out, cursor),
      invoke: (record) => right.invoke(record),
      apply: (answer, record, out) => right.apply(answer, record, out),
      endInput: (index) => right.endInput(index),
      finish: (out, max) => right.finish(out, max),
      close: () => right.close(),
      ...wrong(right),
    },
  }));
}

/** A mutant whose tasks treat their input otherwise. */
export function inboxMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: Inbox, spec: TaskSpec) => Partial<Inbox>,
): Mutant<TaskFactorySubject> {
  return specMutant(id, title, breaks, (spec) => {
    const right: Inbox & Partial<Pick<Queue, "descriptor" | "size">> = spec.inbox;
    const inbox: Inbox & Partial<Pick<Queue, "descriptor" | "size">> = {
      take: (max, signal) => right.take(max, signal),
      rewind: (position) => right.rewind(position),
      advance: (position) => right.advance(position),
      positionAfter: (delivery, elements) => right.positionAfter(delivery, elements),
      close: () => right.close(),
      ...(right.descriptor === undefined ? {} : { descriptor: right.descriptor }),
      ...(right.size === undefined ? {} : { size: () => right.size?.() ?? 0 }),
      ...wrong(right, spec),
    };
    return { inbox };
  });
}

/** A mutant whose tasks commit otherwise. */
export function commitMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: Commit) => (unit: UnitOfWork) => ReturnType<Commit["commit"]>,
): Mutant<TaskFactorySubject> {
  return specMutant(id, title, breaks, ({ commit: right }) => ({
    commit: changedCommit(right, wrong(right)),
  }));
}

function changedCommit(right: Commit, commit: Commit["commit"]): Commit {
  return {
    epoch: right.epoch,
    restored: right.restored,
    state: right.state,
    get progress() {
      return right.progress;
    },
    commit,
  };
}

/** A mutant whose tasks end their channels otherwise. */
export function stopMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  stop: (right: Router, spec: TaskSpec) => Router["stop"],
): Mutant<TaskFactorySubject> {
  return specMutant(id, title, breaks, (spec) => ({
    router: changedRouter(spec.router, { stop: stop(spec.router, spec) }) as Router,
  }));
}
