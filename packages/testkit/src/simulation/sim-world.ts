import type { Environment, Runtime } from "@sage-kernel/core";
import { type Adapter, type CoreOptions, createRuntime, tokens } from "@sage-kernel/core/di";
import {
  isPromiseLike,
  memoryStateStores,
  type Queue,
  type QueueDescriptor,
  type QueueDriver,
  type Scheduler,
  type StateStoreFactory,
} from "@sage-kernel/core/spi";
import { FakeClock } from "../clock/fake-clock.ts";
import { createFakes, type Fakes } from "../fakes.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { FaultyStores } from "../store/faulty-stores.ts";
import { Broker } from "./broker.ts";
import { ChannelOrder } from "./channel-order.ts";
import { CommitHistory } from "./commit-history.ts";
import { type Fault, FaultSchedule } from "./fault.ts";
import { commitFaults } from "./faulty-commits.ts";
import { SimQueue } from "./sim-queue.ts";
import { TaskWatch } from "./task-watch.ts";
import { Trace } from "./trace.ts";

/** What a simulated world is made of, beside its seed. */
export interface SimWorldOptions {
  /** Options of the runtime. */
  readonly core?: Omit<CoreOptions, "queueKind">;
  /** Makes the driver of the queues; by default that of the fake queues. */
  readonly driver?: (scheduler: Scheduler) => QueueDriver;
  /** The stores of the state; by default those in memory. */
  readonly stores?: StateStoreFactory;
  /**
   * Whether queues and state are one store, which may lose commits (the fault `rollback`); then `driver` and `stores` are
   * left out. Default: no.
   */
  readonly rollback?: boolean;
  /** Further adapters, whose registrations count. */
  readonly adapters?: readonly Adapter[];
}

/** A fake machine with a runtime on it. */
export interface SimWorld extends Fakes {
  readonly runtime: Runtime;
  /** A new environment. */
  env(name?: string): Environment;
}

/** A machine whose order, time, chance and faults a seed and a plan decide, and everything that watches it. */
export class SimMachine {
  readonly fakes: Fakes;
  readonly trace: Trace;
  readonly faults: FaultSchedule;
  readonly tasks: TaskWatch;
  /** The queues that were opened, in order. */
  readonly queues: SimQueue[] = [];
  /** Commits that the store has lost. */
  lostCommits = 0;
  /** What was wrong, in words. */
  readonly violations: string[] = [];
  readonly #options: SimWorldOptions;
  readonly #broker: Broker | undefined;
  #history: CommitHistory | undefined;
  /** How often the clock has jumped, to and fro. */
  #jumps = 0;
  /** Requests that are still under way, for nobody. */
  #ghosts = 0;

  constructor(seed: number, plan: readonly Fault[], options: SimWorldOptions) {
    this.#options = options;
    this.#broker = options.rollback === true ? new Broker() : undefined;
    this.fakes = createFakes(seed, new FakeClock(undefined, nobodyWaitsMs));
    const { clock } = this.fakes;
    this.trace = new Trace(clock);
    this.faults = new FaultSchedule(plan);
    this.tasks = new TaskWatch({ trace: this.trace, onViolation: this.#violate });
    this.fakes.scheduler.onStep = () => {
      for (const fault of this.faults.at("event")) {
        this.faults.strike(fault);
        clock.jump(this.#jumps++ % 2 === 0 ? (fault.ms ?? 0) : -(fault.ms ?? 0));
      }
    };
  }

  /** Composes the runtime. */
  async open(): Promise<SimWorld> {
    const { core, adapters = [] } = this.#options;
    const runtime = await createRuntime({
      queueCapacity: 64,
      strictPayloads: true,
      ...core,
      adapters: [this.fakes.adapter, this.#adapter(), ...adapters],
    });
    return { ...this.fakes, runtime, env: (name = "simulation") => runtime.environment(name) };
  }

  /** What is left over of a runtime that was closed. */
  leftovers(): string[] {
    const { clock, scheduler } = this.fakes;
    const pending = clock.pending - this.#ghosts;
    const { waiting } = scheduler;
    return [
      ...(pending > 0 ? [`${pending} timers are left`] : []),
      ...(waiting > 0 ? [`${waiting} steps still wait for their turn: something goes on and on`] : []),
      ...this.tasks.open.map((name) => `the operator of ${name} is open`),
      ...this.queues.flatMap(({ waits, descriptor: { id } }) => [
        ...(waits.taking ? [`${id} is being read`] : []),
        ...(waits.puts.size > 0 ? [`something waits for room in ${id}`] : []),
      ]),
    ];
  }

  #adapter(): Adapter {
    return {
      name: "simulation",
      register: (container) => {
        container.register<QueueDriver>(tokens.queueDriver, { useFactory: () => this.#driver() });
        container.register(tokens.stateStores, { useFactory: () => this.#stores() });
        container.register(tokens.taskFactory, { useValue: this.tasks.tasks });
        container.register(tokens.serviceTaskFactory, { useValue: this.tasks.services });
      },
    };
  }

  #driver(): QueueDriver {
    const { driver = () => this.#broker?.driver ?? new FakeQueueDriver() } = this.#options;
    const inner = driver(this.fakes.scheduler);
    return {
      kind: inner.kind,
      capabilities: inner.capabilities,
      open: (descriptor) => {
        const queue = inner.open(descriptor);
        const watch = (opened: Queue): Queue => this.#watch(opened, descriptor);
        return isPromiseLike(queue) ? queue.then(watch) : watch(queue);
      },
    };
  }

  #watch(inner: Queue, { id }: QueueDescriptor): Queue {
    const { faults, trace } = this;
    const messages = /(\/requests|\/control|\/outcomes)$|^replies/.test(id);
    const order = messages ? undefined : new ChannelOrder(id, this.#violate);
    const { clock } = this.fakes;
    const queue = new SimQueue(inner, { clock, faults, trace, order, onViolation: this.#violate });
    this.queues.push(queue);
    return queue;
  }

  #stores(): StateStoreFactory {
    const { stores = this.#broker?.stores ?? memoryStateStores } = this.#options;
    this.#history = new CommitHistory({ trace: this.trace, onViolation: this.#violate });
    const plan = commitFaults(this.faults, (commits) => this.#lose(commits));
    return new FaultyStores(plan, this.#history.watch(stores), {
      later: (ms, run) => this.#later(ms, run),
      refusesOpen: () => {
        const due = this.faults.at("open");
        for (const fault of due) this.faults.strike(fault);
        return due.length > 0;
      },
    });
  }

  /** Lets the store lose its last commits; answers how many it has lost. */
  #lose(commits: number): number {
    const broker = this.#broker;
    const lost = broker?.lose(commits) ?? 0;
    this.trace.add(`the store loses ${lost} commits`);
    this.lostCommits += lost;
    if (broker === undefined || lost === 0) return 0;
    this.#history?.goBack(broker.sequences);
    for (const queue of this.queues) {
      const inner = broker.queue(queue.descriptor.id);
      if (inner !== undefined) queue.goBack(inner.marks());
    }
    return lost;
  }

  #later(ms: number, run: () => void): void {
    this.#ghosts++;
    this.fakes.clock.setTimer(ms, () => {
      this.#ghosts--;
      run();
    });
  }

  readonly #violate = (problem: string): void => {
    this.trace.add(`VIOLATION ${problem}`);
    this.violations.push(problem);
  };
}

/** The clock is moved by the simulation, so nobody has to be warned. */
const nobodyWaitsMs = 2 ** 31 - 1;
