import {
  DriverRegistry,
  type MaybePromise,
  QueueDescriptor,
  type QueueDescriptorJson,
  type QueueDriver,
  QueueHandles,
} from "@sage-kernel/core/spi";
import type { CaseNames, ContractBinding } from "../contract/contract.ts";
import type { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";

/** The live queues of one job, as the contract uses them. */
export type JobQueues = Pick<QueueHandles, "open" | "clear" | "close">;

/**
 * What the driver contract needs from an implementation. Its one capability is `crossProcess`: a descriptor leads to
 * the same queue through another driver, as in another process.
 */
export interface QueueDriverSubject {
  /** The kind of the driver's descriptors. */
  readonly kind: string;
  /** An id that carries the case's id, the run id and `name`. */
  id(name: string): string;
  /** Makes a descriptor. */
  describe(fields: QueueDescriptorJson): QueueDescriptor;
  /** Reads a descriptor from parsed JSON. */
  parse(json: unknown): QueueDescriptor;
  /** A fresh driver, as another process would make it. */
  driver(): MaybePromise<QueueDriver>;
  /** The queues of a job that has these drivers. */
  handles(drivers: readonly QueueDriver[]): JobQueues;
  /** Closes everything. */
  close?(): MaybePromise<void>;
}

/** The subject for a driver with core's descriptors and handles; `driver` makes a fresh one. */
export async function queueDriverSubject(
  driver: () => MaybePromise<QueueDriver>,
  { caseId, runId }: CaseNames,
): Promise<QueueDriverSubject> {
  const { kind } = await driver();
  const jobs: QueueHandles[] = [];
  return {
    kind,
    id: (name) => `${caseId}/${runId}/${name}`,
    describe: (fields) => new QueueDescriptor(fields),
    parse: (json) => QueueDescriptor.fromJSON(json),
    driver,
    handles(drivers) {
      const job = new QueueHandles(new DriverRegistry(drivers));
      jobs.push(job);
      return job;
    },
    close: async () => {
      await Promise.all(jobs.map((job) => job.close()));
    },
  };
}

/** Binds a driver to the driver contract. */
export function queueDriverBinding(
  driver: () => MaybePromise<QueueDriver>,
  binding: Omit<ContractBinding<QueueDriverSubject>, "open" | "close">,
): ContractBinding<QueueDriverSubject> {
  return {
    ...binding,
    open: (names) => queueDriverSubject(driver, names),
    close: (subject) => subject.close?.(),
  };
}

/** Fake drivers with one pretended server in front of the driver contract: the reference that the mutants change. */
export const fakeQueueDriverBinding: ContractBinding<QueueDriverSubject> = {
  capabilities: ["crossProcess"],
  open(names) {
    const server = new Map<string, FakeQueue>();
    return queueDriverSubject(() => new FakeQueueDriver({ server }), names);
  },
  close: (subject) => subject.close?.(),
};
