import {
  BaseServiceTask,
  type Host,
  type Queue,
  type ServiceManager,
  type ServiceManagerScope,
  type ServiceMessage,
  type ServiceTask,
  type ServiceTaskSpec,
} from "@sage-kernel/core/spi";
import { type Mutant, mutantsOf } from "../contract/mutant.ts";
import { MappedQueue, wrappedDriver } from "./mapped-queue.ts";
import { fakeServiceBinding, type ServiceTransportSubject } from "./service-transport-subject.ts";

/** A right place of which a mutant replaces some members. */
export const transportMutant = mutantsOf(
  fakeServiceBinding,
  (
    right: ServiceTransportSubject,
    wrong: (right: ServiceTransportSubject) => Partial<ServiceTransportSubject>,
  ): ServiceTransportSubject => ({ ...right, ...wrong(right) }),
);

/** A mutant with something around each queue; `wrong` is asked for each case. */
export function queueMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: () => (queue: Queue, host: Host) => Queue,
): Mutant<ServiceTransportSubject> {
  return transportMutant(id, title, breaks, (right) => {
    const wrap = wrong();
    return {
      driver: async (host) => wrappedDriver(await right.driver(host), (queue) => wrap(queue, host)),
    };
  });
}

/** What a mutant makes of a message: itself, another one, or several. */
export type WrongMessage = (message: ServiceMessage, queue: Queue, host: Host) => unknown;

/** A mutant that changes messages when they are put; `undefined` drops one, an array sends several. */
export function messageMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: () => WrongMessage,
): Mutant<ServiceTransportSubject> {
  return queueMutant(id, title, breaks, () => {
    const change = wrong();
    return (queue, host) =>
      new MappedQueue(queue, {
        into(message) {
          if (typeof message !== "object" || message === null) return [message];
          const changed = change(message as ServiceMessage, queue, host);
          if (changed === undefined) return [];
          return Array.isArray(changed) ? changed : [changed];
        },
      });
  });
}

/** A mutant whose instances are made of something else. */
export function serviceSpecMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: ServiceTaskSpec) => Partial<ServiceTaskSpec>,
): Mutant<ServiceTransportSubject> {
  const factory = {
    kind: "wrong",
    create: (spec: ServiceTaskSpec) => new BaseServiceTask({ ...spec, ...wrong(spec) }),
  };
  return transportMutant(id, title, breaks, () => ({ factory }));
}

/** A mutant whose instances have some members replaced. */
export function serviceTaskMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: ServiceTask, spec: ServiceTaskSpec) => Partial<ServiceTask>,
): Mutant<ServiceTransportSubject> {
  const create = (spec: ServiceTaskSpec): ServiceTask => {
    const right = new BaseServiceTask(spec);
    return {
      id: right.id,
      get methods() {
        return right.methods;
      },
      open: () => right.open(),
      start: () => right.start(),
      stop: (how) => right.stop(how),
      report: () => right.report(),
      ...wrong(right, spec),
    };
  };
  return transportMutant(id, title, breaks, () => ({ factory: { kind: "wrong", create } }));
}

/** A mutant whose calling side is another one. */
export function managerMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new (scope: ServiceManagerScope) => ServiceManager,
): Mutant<ServiceTransportSubject> {
  return transportMutant(id, title, breaks, () => ({ manager: (scope) => new Wrong(scope) }));
}

/** Takes everything out of the queue of requests of an instance. */
export async function loseRequests({ services, endpoint }: ServiceTaskSpec): Promise<void> {
  const queue = await services.open(endpoint.requests);
  while ((await queue.size()) > 0) await queue.advance((await queue.take(1000)).position);
}
