import {
  BaseServiceTask,
  type Batch,
  ServiceManager,
  type ServiceManagerScope,
  type ServiceTaskSpec,
} from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { encodedQueueDriver } from "./encoded-queue-driver.ts";
import {
  loseRequests,
  managerMutant,
  serviceSpecMutant,
  serviceTaskMutant,
  transportMutant,
} from "./service-mutant.ts";
import type { Known, Started } from "./service-side.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

type Call = ServiceManager["call"];

/** A right transport over wrong queues. */
function withQueues(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new (...queue: ConstructorParameters<typeof FakeQueue>) => FakeQueue,
): Mutant<ServiceTransportSubject> {
  return transportMutant(id, title, breaks, ({ machine }) => {
    const server = new Map<string, FakeQueue>();
    const create = (...queue: ConstructorParameters<typeof FakeQueue>) => new Wrong(...queue);
    return {
      driver: ({ clock }) =>
        encodedQueueDriver(new FakeQueueDriver({ server, create }), clock, machine.host.clock),
    };
  });
}

/** Puts something around each own method of an object, which keeps its number of parameters. */
function changeMethods(
  object: Record<string, unknown>,
  around: (method: (args: readonly unknown[]) => unknown) => (args: readonly unknown[]) => unknown,
): void {
  for (const [name, method] of Object.entries(object)) {
    if (typeof method !== "function") continue;
    const changed = around((args) => method.apply(object, args));
    const wrapped = (...args: readonly unknown[]): unknown => changed(args);
    object[name] = Object.defineProperty(wrapped, "length", { value: method.length });
  }
}

/** A mutant that changes the users' objects; it hears of the beginning of a stop. */
function endMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (object: Record<string, unknown>) => () => void,
): Mutant<ServiceTransportSubject> {
  const create = (spec: ServiceTaskSpec): BaseServiceTask => {
    let onStop = (): void => undefined;
    const right = new BaseServiceTask({
      ...spec,
      async create() {
        const object = (await spec.create()) as Record<string, unknown>;
        onStop = wrong(object);
        return object;
      },
    });
    const stop = right.stop.bind(right);
    right.stop = (how) => {
      onStop();
      return stop(how);
    };
    return right;
  };
  return transportMutant(id, title, breaks, () => ({ factory: { kind: "wrong", create } }));
}

/** Wrong queues, clocks, instances and calling sides. */
export const serviceSideMutants: readonly Mutant<ServiceTransportSubject>[] = [
  withQueues(
    "SVM-30",
    "is never full",
    ["S-13a"],
    class extends FakeQueue {
      protected override fits(): boolean {
        return true;
      }
    },
  ),
  withQueues(
    "SVM-31",
    "loses what finds no room",
    ["S-13"],
    class extends FakeQueue {
      override put(batch: Batch, signal?: AbortSignal) {
        return this.closed ? super.put(batch, signal) : void this.offer(batch);
      }
    },
  ),
  transportMutant("SVM-32", "sends deadlines as one side's clock says", ["S-07"], ({ machine }) => {
    const server = new Map<string, FakeQueue>();
    const { clock } = machine.host;
    return { driver: () => encodedQueueDriver(new FakeQueueDriver({ server }), clock, clock) };
  }),
  transportMutant("SVM-33", "forgets the time in the queue", ["S-06a"], () => {
    const server = new Map<string, FakeQueue>();
    return { driver: ({ clock }) => encodedQueueDriver(new FakeQueueDriver({ server }), clock) };
  }),
  serviceSpecMutant("SVM-34", "runs twice as much at once", ["S-05", "S-13"], ({ concurrency }) => ({
    concurrency: 2 * concurrency,
  })),
  serviceSpecMutant("SVM-35", "keeps results for ever", ["S-10a"], ({ host }) => ({
    host: {
      ...host,
      clock: {
        now: () => host.clock.now(),
        monotonic: () => Math.min(host.clock.monotonic(), 60_000),
        setTimer: (delayMs, callback) => host.clock.setTimer(delayMs, callback),
        sleep: (delayMs, signal) => host.clock.sleep(delayMs, signal),
      },
    },
  })),
  endMutant("SVM-36", "hangs after its first error", ["S-03"], (object) => {
    let failed = false;
    changeMethods(object, (method) => (args) => {
      if (failed) return new Promise(() => undefined);
      try {
        return method(args);
      } catch (error) {
        failed = true;
        throw error;
      }
    });
    return () => undefined;
  }),
  serviceTaskMutant("SVM-37", "loses what came before it started", ["S-14", "S-06a"], (right, spec) => ({
    async start() {
      await loseRequests(spec);
      await right.start();
    },
  })),
  endMutant("SVM-38", "fails what waits when it stops", ["S-15"], (object) => {
    let stopping = false;
    changeMethods(object, (method) => (args) => {
      if (stopping) throw new Error("it stops");
      return method(args);
    });
    return () => {
      stopping = true;
    };
  }),
  serviceTaskMutant("SVM-39", "gives up its calls when it is drained", ["S-15", "S-15a"], (right) => ({
    stop: ({ graceMs }) => right.stop({ drain: false, graceMs }),
  })),
  serviceTaskMutant("SVM-40", "waits for ever for calls that do not end", ["S-15a"], (right) => ({
    stop: () => right.stop({ drain: true, graceMs: 60_000 }),
  })),
  serviceTaskMutant("SVM-41", "goes on taking calls when it is to stop", ["S-15"], (right) => ({
    stop: ({ drain }) => (drain ? Promise.resolve() : right.stop({ drain, graceMs: 0 })),
  })),
  serviceTaskMutant("SVM-42", "counts nothing", ["S-21", "S-22"], (right) => ({
    report: () => ({ ...right.report(), methods: {} }),
  })),
  endMutant("SVM-43", "runs its hook of the end before the last call", ["S-15"], (object) => () => {
    (object as { stop?(): unknown }).stop?.();
  }),
  managerMutant(
    "SVM-50",
    "waits twice as long as it should",
    ["S-04", "S-13"],
    class extends ServiceManager {
      constructor(scope: ServiceManagerScope) {
        const { clock } = scope.host;
        const slow = {
          now: () => clock.now(),
          monotonic: () => clock.monotonic(),
          setTimer: (delayMs: number, callback: () => void) => clock.setTimer(2 * delayMs, callback),
          sleep: (delayMs: number, signal?: AbortSignal) => clock.sleep(delayMs, signal),
        };
        super({ ...scope, host: { ...scope.host, clock: slow } });
      }
    },
  ),
  managerMutant(
    "SVM-51",
    "does not listen to the caller's signal",
    ["S-05"],
    class extends ServiceManager {
      override call(...[target, scope, end]: Parameters<Call>): ReturnType<Call> {
        return super.call({ ...target, signal: undefined }, scope, end);
      }
    },
  ),
  managerMutant(
    "SVM-52",
    "ends a call twice",
    ["S-05", "S-15a"],
    class extends ServiceManager {
      override call(...[target, scope, end]: Parameters<Call>): ReturnType<Call> {
        return super.call(target, scope, {
          resolve(value) {
            end.resolve(value);
            end.resolve(value);
          },
          reject(error) {
            end.reject(error);
            end.reject(error);
          },
        });
      }
    },
  ),
  managerMutant(
    "SVM-53",
    "asks for methods that it does not know",
    ["S-08"],
    class extends ServiceManager {
      override add(service: Started): Promise<Known> {
        return super.add({ ...service, methods: [...service.methods, "nope", "_private", "then"] });
      }
    },
  ),
  managerMutant(
    "SVM-54",
    "sets a timer for each call",
    ["S-19"],
    class extends ServiceManager {
      readonly #clock: ServiceManagerScope["host"]["clock"];

      constructor(scope: ServiceManagerScope) {
        super(scope);
        this.#clock = scope.host.clock;
      }

      override call(...[target, scope, end]: Parameters<Call>): ReturnType<Call> {
        const timer = this.#clock.setTimer(60_000, () => undefined);
        return super.call(target, scope, {
          resolve(value) {
            timer.clear();
            end.resolve(value);
          },
          reject(error) {
            timer.clear();
            end.reject(error);
          },
        });
      }
    },
  ),
  managerMutant(
    "SVM-55",
    "knows the first instance only",
    ["S-21"],
    class extends ServiceManager {
      override add(service: Started): Promise<Known> {
        return super.add({ ...service, endpoints: service.endpoints.slice(0, 1) });
      }
    },
  ),
  managerMutant(
    "SVM-56",
    "passes its interceptors from the inside out",
    ["S-22"],
    class extends ServiceManager {
      override add(service: Started): Promise<Known> {
        const { interceptors, breaker } = service.resilience;
        return super.add({ ...service, resilience: { interceptors: [...interceptors].reverse(), breaker } });
      }
    },
  ),
];
