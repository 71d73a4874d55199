import { createRuntime, tokens } from "@sage-kernel/core/di";
import {
  type CommitScope,
  type IdSource,
  type MaybePromise,
  MemoryStateStore,
  type QueueDriver,
  type StateStore,
  type StateStoreFactory,
} from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import { FakeJobHub } from "../control/fake-job-hub.ts";
import { registerFakes } from "../fakes.ts";
import { virtualMachine } from "../machine/virtual-machine.ts";
import type { FakeQueue } from "../queue/fake-queue.ts";
import { FakeQueueDriver, fakeQueueKind } from "../queue/fake-queue-driver.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";
import { PlainTaskFactory } from "../task/task-factory-subject.ts";
import { OwnReader, Readers } from "./own-reader.ts";
import { Reach, ReachingChannel } from "./reach.ts";
import type { ClusterProcess } from "./worker-cluster.ts";

/** What the contract of jobs in workers needs: the adapters of several processes, whose queues, states and channel meet. */
export interface WorkersSubject {
  /** Opens a process of this name. */
  process(name: string): MaybePromise<ClusterProcess>;
  /** How long one may be silent before it is taken for dead, in ms; well above what a message takes. */
  readonly leaseMs: number;
  /** Lets time pass, in ms. */
  sleep(ms: number): Promise<void>;
  /** Runs a case to its end while time passes. */
  run<T>(main: () => Promise<T>): Promise<T>;
}

/** Keeps what the tasks of one job commit, for all processes; the reference that the mutants change. */
export class SharedStateStore extends MemoryStateStore {
  /** Another one for each process that begins the job. */
  pass = "";
  readonly #collected = new Map<string, unknown[]>();

  override open(scope: CommitScope) {
    const collect = (records: readonly unknown[]): void => {
      this.#collected.set(scope.node, [...this.collected(scope.node), ...records]);
      scope.collect?.(records);
    };
    return super.open({ ...scope, collect });
  }

  collected(node: string): readonly unknown[] {
    return this.#collected.get(node) ?? [];
  }
}

/** Stores that processes share. */
export class SharedStateStores implements StateStoreFactory {
  readonly kind = "shared";
  protected readonly stores = new Map<string, SharedStateStore>();
  #passes = 0;

  create(job: string): StateStore {
    const store = this.store(job);
    store.pass = `pass-${++this.#passes}`;
    return store;
  }

  join(job: string, _pass: string): StateStore {
    return this.store(job);
  }

  /** The one store of a job. */
  protected store(job: string): SharedStateStore {
    const store = this.stores.get(job) ?? new SharedStateStore();
    this.stores.set(job, store);
    return store;
  }
}

/** Parts of the pretended surroundings that a binding may replace. */
export interface WorkersParts {
  readonly stores?: () => SharedStateStores;
  readonly hub?: () => FakeJobHub;
}

/** Binds processes that share fakes to the contract, in virtual time. */
export function workersBinding({
  stores: makeStores = () => new SharedStateStores(),
  hub: makeHub = () => new FakeJobHub(),
}: WorkersParts = {}): ContractBinding<WorkersSubject> {
  return {
    open() {
      const machine = virtualMachine(new TurnScheduler());
      const { host } = machine;
      const [server, stores, hub] = [new Map<string, FakeQueue>(), makeStores(), makeHub()];
      const readers = new Readers();
      let ids = 0;
      const fakes = (reach: Reach) => ({
        name: "shared fakes",
        register: (container: Parameters<typeof registerFakes>[0]) => {
          registerFakes(container, host);
          const next: IdSource = { next: (prefix) => `${prefix}-${++ids}` };
          container.register(tokens.ids, { useValue: next });
          container.register<QueueDriver>(tokens.queueDriver, {
            useFactory: () =>
              new FakeQueueDriver({ server, wrap: (queue) => new OwnReader(queue, reach, readers) }),
          });
          container.register(tokens.stateStores, { useValue: stores });
          container.register(tokens.taskFactory, { useValue: new PlainTaskFactory() });
        },
      });
      return {
        async process(name): Promise<ClusterProcess> {
          const reach = new Reach(name.startsWith("manager") || name === "standby");
          return {
            runtime: await createRuntime({ adapters: [fakes(reach)], queueKind: fakeQueueKind }),
            channel: new ReachingChannel(hub, name, reach),
            kill() {
              reach.kill();
              hub.killPeer(name);
            },
            revive: () => reach.revive(),
          };
        },
        leaseMs: 1000,
        sleep: (ms) => host.clock.sleep(ms),
        run: (main) => machine.run(main),
      };
    },
  };
}
