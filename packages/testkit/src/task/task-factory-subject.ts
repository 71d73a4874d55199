import { BaseTask, type Task, type TaskFactory, type TaskSpec } from "@sage-kernel/core/spi";
import type { CaseNames, ContractBinding } from "../contract/contract.ts";
import { type VirtualMachine, virtualMachine } from "../machine/virtual-machine.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";

/** A factory and the machine that its tasks run on. */
export interface TaskPlace {
  /** The factory under test. */
  readonly factory: TaskFactory;
  /** The machine of all its tasks. */
  readonly machine: VirtualMachine;
}

/** What the task contract needs from an implementation; the names go into every queue. */
export interface TaskFactorySubject extends TaskPlace {
  readonly names: CaseNames;
}

/** Binds a task factory to the task contract; `create` makes it with its machine anew for each case. */
export function taskFactoryBinding(
  create: () => TaskPlace,
  binding: Omit<ContractBinding<TaskFactorySubject>, "open" | "close"> = {},
): ContractBinding<TaskFactorySubject> {
  return { ...binding, open: (names) => ({ ...create(), names }) };
}

/** Core's tasks and nothing else. */
export class PlainTaskFactory implements TaskFactory {
  readonly kind = "plain";

  create(spec: TaskSpec): Task {
    return new BaseTask(spec);
  }
}

/** Core's tasks, one step in each turn, in front of the contract: the reference that the mutants change. */
export const plainTaskBinding: ContractBinding<TaskFactorySubject> = taskFactoryBinding(() => ({
  factory: new PlainTaskFactory(),
  machine: virtualMachine(new TurnScheduler()),
}));
