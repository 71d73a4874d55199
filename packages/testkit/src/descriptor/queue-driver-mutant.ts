import type { QueueDescriptor } from "@sage-kernel/core/spi";
import { type Mutant, mutantsOf } from "../contract/mutant.ts";
import { fakeQueueDriverBinding, type JobQueues, type QueueDriverSubject } from "./queue-driver-subject.ts";

/** A right subject of which a mutant replaces some members. */
export const driverMutant = mutantsOf(
  fakeQueueDriverBinding,
  (
    right: QueueDriverSubject,
    wrong: (right: QueueDriverSubject) => Partial<QueueDriverSubject>,
  ): QueueDriverSubject => ({ ...right, ...wrong(right) }),
);

/** A mutant whose jobs have handles of which some members are replaced. */
export function handlesMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: JobQueues) => Partial<JobQueues>,
): Mutant<QueueDriverSubject> {
  return driverMutant(id, title, breaks, (subject) => ({
    handles(drivers) {
      const right = subject.handles(drivers);
      return {
        open: (descriptor) => right.open(descriptor),
        clear: (descriptor) => right.clear(descriptor),
        close: () => right.close(),
        ...wrong(right),
      };
    },
  }));
}

/** A mutant whose descriptors, made or read, have some members replaced. */
export function descriptorMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: QueueDescriptor) => Partial<QueueDescriptor>,
): Mutant<QueueDriverSubject> {
  const changed = (right: QueueDescriptor): QueueDescriptor => {
    const { kind, id: name, capacity, options } = right;
    return {
      kind,
      id: name,
      capacity,
      options,
      toJSON: () => right.toJSON(),
      withId: (newId) => changed(right.withId(newId)),
      differsIn: (other) => right.differsIn(other),
      ...wrong(right),
    };
  };
  return driverMutant(id, title, breaks, (subject) => ({
    describe: (fields) => changed(subject.describe(fields)),
    parse: (json) => changed(subject.parse(json)),
  }));
}
