import type { QueueDescriptor } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import type { Mutant } from "../contract/mutant.ts";
import type { FakeQueue } from "./fake-queue.ts";
import { FakeQueueDriver } from "./fake-queue-driver.ts";
import { type QueueSubject, queueBinding } from "./queue-subject.ts";

const everything = ["offer", "bytes"];

/** The fake queue in front of the queue contract: the reference that the mutants change. */
export const fakeQueueBinding: ContractBinding<QueueSubject> = queueBinding(() => new FakeQueueDriver(), {
  capabilities: everything,
});

/** A fake queue with something overridden, as a mutant of the queue contract. */
export function queueMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new (descriptor: QueueDescriptor) => FakeQueue,
  capabilities: readonly string[] = everything,
): Mutant<QueueSubject> {
  const driver = (): FakeQueueDriver =>
    new FakeQueueDriver({ create: (descriptor) => new Wrong(descriptor) });
  return { id, title, breaks, ...queueBinding(driver, { capabilities }) };
}
