import {
  BaseServiceTask,
  type Host,
  type MaybePromise,
  type QueueDriver,
  ServiceManager,
  type ServiceManagerScope,
  type ServiceTaskFactory,
} from "@sage-kernel/core/spi";
import type { CaseNames, ContractBinding } from "../contract/contract.ts";
import { virtualMachine } from "../machine/virtual-machine.ts";
import type { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";
import { encodedQueueDriver } from "./encoded-queue-driver.ts";

/** The machine of a place where services are called; a `VirtualMachine` is one. */
export interface ServiceMachine {
  /** The host of all sides. */
  readonly host: Host;
  /** Runs an activity to its end. @throws what it throws. */
  run<T>(main: () => Promise<T>): Promise<T>;
}

/** What the author of a driver passes. */
export interface ServicePlace {
  /** The machine of all sides: callers and instances. */
  readonly machine: ServiceMachine;
  /**
   * Makes a driver. One that is `crossProcess` is made for each side, with that side's host, and encodes messages by
   * its clock (`encodeMessage`); of any other there is one, for all.
   */
  driver(host: Host): MaybePromise<QueueDriver>;
  /** Makes the instances. By default core's. */
  readonly factory?: ServiceTaskFactory;
  /** Calls that S-19 has pending at once. By default 10,000. */
  readonly pendingCalls?: number;
}

/**
 * What the contract of a service transport needs: request and response over a driver's queues. Its capabilities are
 * `virtual` (time passes only when nothing else happens, so that ten minutes cost nothing) and `queueTime` (the time that
 * a request spends in a queue counts against its deadline, even when nobody cancels it).
 */
export interface ServiceTransportSubject extends ServicePlace {
  /** They go into every name. */
  readonly names: CaseNames;
  /** Makes the instances. */
  readonly factory: ServiceTaskFactory;
  /** Makes the calling side. */
  manager(scope: ServiceManagerScope): ServiceManager;
}

/** Core's instances of services and nothing else. */
export const plainServiceTaskFactory: ServiceTaskFactory = {
  kind: "plain",
  create: (spec) => new BaseServiceTask(spec),
};

/** Binds a driver to the contract of a service transport; `create` makes the place anew for each case. */
export function serviceTransportBinding(
  create: () => ServicePlace,
  binding: Omit<ContractBinding<ServiceTransportSubject>, "open" | "close"> = {},
): ContractBinding<ServiceTransportSubject> {
  return {
    ...binding,
    open: (names) => ({
      factory: plainServiceTaskFactory,
      manager: (scope) => new ServiceManager(scope),
      ...create(),
      names,
    }),
  };
}

/** Encoded fake queues with one pretended server in front of the contract: the reference that the mutants change. */
export const fakeServiceBinding: ContractBinding<ServiceTransportSubject> = serviceTransportBinding(
  () => {
    const server = new Map<string, FakeQueue>();
    const machine = virtualMachine(new TurnScheduler());
    return {
      machine,
      pendingCalls: 300,
      driver: ({ clock }) => encodedQueueDriver(new FakeQueueDriver({ server }), clock, machine.host.clock),
    };
  },
  { capabilities: ["virtual", "queueTime"] },
);
