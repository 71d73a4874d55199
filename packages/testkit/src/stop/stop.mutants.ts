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
  known("SM-01", "TM-60", ["S-02", "S-03"]),
  known("SM-02", "TM-61", ["S-03"]),
  known("SM-03", "TM-62", ["S-03", "S-04"]),
  known("SM-04", "TM-63", ["S-03"]),
  known("SM-05", "TM-65", ["S-02", "S-05"]),
  known("SM-06", "TM-66", ["S-05"]),
  known("SM-07", "TM-67", ["S-03"]),
  known("SM-08", "TM-68", ["S-01", "S-06"]),
  known("SM-09", "TM-69", ["S-01", "S-06", "S-10"]),
  known("SM-10", "TM-70", ["S-01"]),
  known("SM-11", "TM-71", ["S-01"]),
  known("SM-12", "TM-72", ["S-01", "S-05"]),
  known("SM-13", "TM-06", ["S-04", "S-11", "S-12"]),
  known("SM-14", "TM-07", ["S-02", "S-11", "S-12"]),
  known("SM-15", "TM-08", ["S-11", "S-12"]),
  known("SM-16", "TM-14", ["S-11", "S-12"]),
  known("SM-17", "TM-100", ["S-10"]),
  known("SM-18", "TM-101", ["S-10"]),
  known("SM-19", "TM-49", ["S-04"]),
  known("SM-20", "TM-20", ["S-08"]),
  known("SM-22", "TM-91", ["S-07"]),
  known("SM-23", "TM-30", ["S-12"]),
  known("SM-24", "TM-32", ["S-07"]),
  withTasks(
    taskMutant("SM-30", "reports the end of a task when it starts", ["S-02", "S-04", "S-07"], (right) => {
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
    "SM-31",
    "loses stop signals that come alone",
    ["S-01", "S-06"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        return batch.stop !== undefined && batch.payloads.length === 0 ? true : super.offer(batch);
      }
    },
  ),
  withQueues(
    "SM-32",
    "lets stop signals overtake",
    ["S-01", "S-04"],
    class extends FakeQueue {
      protected override append(elements: readonly Batch[]): void {
        const stops = elements.filter(({ stop }) => stop !== undefined);
        this.elements.splice(this.taken, 0, ...stops);
        super.append(elements.filter(({ stop }) => stop === undefined));
      }
    },
  ),
  withQueues(
    "SM-33",
    "loses a record in front of the stop signal",
    ["S-07"],
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
