import type { MaybePromise, Queue, QueueDriver, StateStoreFactory } from "@sage-kernel/core/spi";
import type { CaseNames, ContractBinding } from "../contract/contract.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { queueSubject } from "../queue/queue-subject.ts";

/** The stores under test, and the queues that their commits work on. */
export interface StorePlace {
  /** The stores, without anything in them. */
  readonly stores: StateStoreFactory;
  /** Opens the queues; by default a {@link FakeQueueDriver}. For a store that commits into queues of its own kind. */
  readonly driver?: QueueDriver;
}

/**
 * What the contract needs from an implementation. Its capabilities are:
 *
 * - `synchronous`: it answers without a promise where nothing has to wait;
 * - `objects`: it keeps cells of any type and hands the very same ones back; without it cells are JSON;
 * - `large`: a table of 100,000 keys takes it no longer than a test may take.
 */
export interface StateStoreSubject {
  /** The stores under test. */
  readonly stores: StateStoreFactory;
  /** Go into the names of all jobs and queues. */
  readonly names: CaseNames;
  /** Opens a queue; the same `name` leads to the same queue within one subject. */
  queue(name: string, capacity: number): MaybePromise<Queue>;
  /** Closes the queues. */
  close(): MaybePromise<void>;
}

/** Binds stores to the contract; `create` makes them anew for each case. */
export function stateStoreBinding(
  create: () => MaybePromise<StorePlace>,
  binding: Omit<ContractBinding<StateStoreSubject>, "open" | "close"> = {},
): ContractBinding<StateStoreSubject> {
  return {
    ...binding,
    async open(names) {
      const { stores, driver = new FakeQueueDriver() } = await create();
      const queues = queueSubject(driver, names);
      return {
        stores,
        names,
        queue: (name, capacity) => queues.open(name, capacity),
        close: () => queues.close?.(),
      };
    },
    close: (subject) => subject.close(),
  };
}
