import type { Batch, TaskOutcome } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { taskFactoryMutants } from "../task/task-factory.mutants.ts";
import type { TaskFactorySubject } from "../task/task-factory-subject.ts";
import { taskMutant } from "../task/task-mutant.ts";
import { plainStopBinding, type StopSubject } from "./stop-subject.ts";

/** Wrong tasks over right queues. */
function withTasks(mutant: Mutant<TaskFactorySubject>): Mutant<StopSubject> {
  return {
    ...mutant,
    open: async (names) => ({ ...(await mutant.open(names)), driver: () => new FakeQueueDriver() }),
  };
}

/** A mutant of the task contract that matters to the stop protocol, under an id of its own. */
function known(id: string, taskMutantId: string, breaks: readonly string[]): Mutant<StopSubject> {
  const mutant = taskFactoryMutants.find((other) => other.id === taskMutantId);
  if (mutant === undefined) throw new Error(`no mutant ${taskMutantId}`);
  return withTasks({ ...mutant, id, breaks });
}

/** Right tasks over wrong queues. */
function withQueues(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new (...queue: ConstructorParameters<typeof FakeQueue>) => FakeQueue,
): Mutant<StopSubject> {
  return {
    id,
    title,
    breaks,
    open: async (names) => ({
      ...(await plainStopBinding.open(names)),
      driver: () => new FakeQueueDriver({ create: (descriptor) => new Wrong(descriptor) }),
    }),
  };
}

/** Minimal wrong ways to run a pipeline, each caught by the stop contract. */
export const stopMutants: readonly Mutant<StopSubject>[] = [
  known("STM-01", "TM-60", ["ST-02", "ST-03"]),
  known("STM-02", "TM-61", ["ST-03"]),
  known("STM-03", "TM-62", ["ST-03", "ST-04"]),
  known("STM-04", "TM-63", ["ST-03"]),
  known("STM-05", "TM-65", ["ST-02", "ST-05"]),
  known("STM-06", "TM-66", ["ST-05"]),
  known("STM-07", "TM-67", ["ST-03"]),
  known("STM-08", "TM-68", ["ST-01", "ST-06"]),
  known("STM-09", "TM-69", ["ST-01", "ST-06", "ST-10"]),
  known("STM-10", "TM-70", ["ST-01"]),
  known("STM-11", "TM-71", ["ST-01"]),
  known("STM-12", "TM-72", ["ST-01", "ST-05"]),
  known("STM-13", "TM-06", ["ST-04", "ST-11", "ST-12"]),
  known("STM-14", "TM-07", ["ST-02", "ST-11", "ST-12"]),
  known("STM-15", "TM-08", ["ST-11", "ST-12"]),
  known("STM-16", "TM-14", ["ST-11", "ST-12"]),
  known("STM-17", "TM-100", ["ST-10"]),
  known("STM-18", "TM-101", ["ST-10"]),
  known("STM-19", "TM-49", ["ST-04"]),
  known("STM-20", "TM-20", ["ST-08"]),
  known("STM-22", "TM-91", ["ST-07"]),
  known("STM-23", "TM-30", ["ST-12"]),
  known("STM-24", "TM-32", ["ST-07"]),
  withTasks(
    taskMutant("STM-30", "reports the end of a task when it starts", ["ST-02", "ST-04", "ST-07"], (right) => {
      let report: ((outcome: TaskOutcome) => void) | undefined;
      const done = new Promise<TaskOutcome>((resolve) => {
        report = resolve;
      });
      return {
        done,
        start() {
          right.start();
          report?.({ state: "completed" });
        },
      };
    }),
  ),
  withQueues(
    "STM-31",
    "loses stop signals that come alone",
    ["ST-01", "ST-06"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        return batch.stop !== undefined && batch.payloads.length === 0 ? true : super.offer(batch);
      }
    },
  ),
  withQueues(
    "STM-32",
    "lets stop signals overtake",
    ["ST-01", "ST-04"],
    class extends FakeQueue {
      protected override append(elements: readonly Batch[]): void {
        const stops = elements.filter(({ stop }) => stop !== undefined);
        this.elements.splice(this.taken, 0, ...stops);
        super.append(elements.filter(({ stop }) => stop === undefined));
      }
    },
  ),
  withQueues(
    "STM-33",
    "loses a record in front of the stop signal",
    ["ST-07"],
    class extends FakeQueue {
      #lost = false;

      override advance(position: number): void {
        super.advance(position);
        if (this.#lost || this.elements.length - this.taken < 2) return;
        this.#lost = true;
        this.elements.splice(this.taken, 1);
      }
    },
  ),
];
