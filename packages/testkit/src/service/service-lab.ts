import assert from "node:assert/strict";
import type { CallInterceptor, Overflow, ServiceEndpoint, ServiceReport } from "@sage-kernel/core";
import {
  callQueueOptions,
  type Host,
  type QueueDriver,
  type ServiceStop,
  type ServiceTask,
} from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { encodedQueueDriver } from "./encoded-queue-driver.ts";
import { labJob, ServiceSide, type Started } from "./service-side.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";
import { sharedQueueDriver } from "./shared-queue-driver.ts";
import { ShiftedClock } from "./shifted-clock.ts";

/** How a service of a case runs. */
export interface ServicePlan {
  /** On which side. By default `server`. */
  readonly on?: string;
  /** By default 1. */
  readonly instances?: number;
  /** By default 16. */
  readonly concurrency?: number;
  /** Of each queue of requests. By default 256. */
  readonly capacity?: number;
  /** By default 10,000. */
  readonly timeoutMs?: number;
  /** By default `wait`. */
  readonly overflow?: Overflow;
  /** Around its calls. */
  readonly interceptors?: readonly CallInterceptor[];
  /** Whether it is started at once; by default so. */
  readonly start?: boolean;
}

/** A service of a case. */
export interface LabService {
  /** By which it is called. */
  readonly name: string;
  /** Where its instances take requests and cancellations. */
  readonly endpoints: readonly ServiceEndpoint[];
  /** Starts its instances. */
  start(): Promise<void>;
  /** Stops it as a job does: nobody calls it any more, its instances end, and it is forgotten. `unheard` sides do not hear of it. */
  stop(how: ServiceStop, unheard?: readonly ServiceSide[]): Promise<void>;
  /** How its instances stand. */
  reports(): readonly ServiceReport[];
}

/** What varies between labs. */
export interface LabOptions {
  /** Whether messages are encoded between the sides in any case, so that their clocks may differ. */
  readonly encoded?: boolean;
}

/** Where a case of the contract works: sides that call services and have them. */
export class ServiceLab {
  /** What the contract is held against. */
  readonly subject: ServiceTransportSubject;
  readonly #options: LabOptions;
  readonly #sides = new Map<string, ServiceSide>();
  readonly #services: { readonly started: Started; readonly tasks: readonly ServiceTask[] }[] = [];
  #shared: QueueDriver | undefined;

  constructor(subject: ServiceTransportSubject, options: LabOptions = {}) {
    this.subject = subject;
    this.#options = options;
  }

  /** The time so far, in ms. */
  get now(): number {
    return this.subject.machine.host.clock.monotonic();
  }

  /** Lets time pass. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.subject.machine.host.clock.sleep(ms, signal);
  }

  /** Lets happen what is under way, as far as it needs no time. */
  quiet(): Promise<void> {
    return this.sleep(5);
  }

  /** Fails unless something comes true soon. */
  async eventually(isTrue: () => boolean, what: string): Promise<void> {
    for (let tries = 0; tries < 100 && !isTrue(); tries++) await this.sleep(2);
    assert.ok(isTrue(), what);
  }

  /** A name that carries the case's id and the run id. */
  id(name: string): string {
    const { caseId, runId } = this.subject.names;
    return `${caseId}/${runId}/${name}`;
  }

  /** A side by its name; it is made when it is first asked for. Its clock is so many ms ahead. */
  async side(name = "caller", aheadMs = 0): Promise<ServiceSide> {
    const known = this.#sides.get(name);
    if (known !== undefined) return known;
    const { host } = this.subject.machine;
    const clock = aheadMs === 0 ? host.clock : new ShiftedClock(host.clock, aheadMs);
    const ids = { next: (prefix: string) => this.id(host.ids.next(prefix)) };
    const own = { ...host, clock, ids };
    const side = new ServiceSide(this.subject, own, await this.#driver(own));
    this.#sides.set(name, side);
    for (const { started } of this.#services) await side.add(started);
    return side;
  }

  /** Has a service, known to all sides. */
  async serve(name: string, create: () => object, plan: ServicePlan = {}): Promise<LabService> {
    const { on = "server", instances = 1, concurrency = 16, capacity = 256, timeoutMs = 10_000 } = plan;
    const { host, driver, manager } = await this.side(on);
    const queue = (index: number, role: string, room: number) => ({
      kind: driver.kind,
      id: this.id(`${name}#${index}/${role}`),
      capacity: room,
      options: callQueueOptions,
    });
    const endpoints = Array.from({ length: instances }, (_, index) => ({
      requests: queue(index, "requests", capacity),
      control: queue(index, "control", 65_536),
    }));
    const facts = { job: labJob, service: name, instances, concurrency, healthIntervalMs: 1000, create };
    const tasks: ServiceTask[] = [];
    for (const [index, endpoint] of endpoints.entries()) {
      const own = { id: `${name}#${index}`, index, endpoint, services: manager, strictPayloads: true, host };
      tasks.push(await this.subject.factory.create({ ...facts, ...own }));
    }
    for (const task of tasks) await task.open();
    const start = async (): Promise<void> => {
      for (const task of tasks) await task.start();
    };
    if (plan.start !== false) await start();
    const started: Started = {
      job: labJob,
      name,
      methods: tasks[0]?.methods ?? [],
      rules: { timeoutMs, overflow: plan.overflow ?? "wait", idempotent: new Set() },
      endpoints,
      resilience: { interceptors: plan.interceptors ?? [], breaker: undefined },
    };
    this.#services.push({ started, tasks });
    for (const side of this.#sides.values()) await side.add(started);
    return {
      name,
      endpoints,
      start,
      stop: (how, unheard = []) => this.#stop(name, tasks, how, unheard),
      reports: () => tasks.map((task) => task.report()),
    };
  }

  /** Ends everything, and fails when a call or a timer is left. */
  async close(): Promise<void> {
    const tasks = this.#services.flatMap((service) => service.tasks);
    await Promise.all(tasks.map((task) => task.stop({ drain: false, graceMs: 100 })));
    const left = [...this.#sides].map(([name, { manager }]) => [name, manager.pending]);
    for (const { manager } of this.#sides.values()) await manager.close();
    assert.deepEqual(
      left,
      [...this.#sides.keys()].map((name) => [name, 0]),
      "calls are left at the end",
    );
    const { timers } = this;
    if (timers !== undefined) assert.equal(timers, 0, "a timer is left after everything has ended");
  }

  /** Timers that are set; `undefined` where the clock does not say. */
  get timers(): number | undefined {
    const { pending } = this.subject.machine.host.clock as { readonly pending?: unknown };
    return typeof pending === "number" ? pending : undefined;
  }

  async #stop(
    name: string,
    tasks: readonly ServiceTask[],
    how: ServiceStop,
    unheard: readonly ServiceSide[],
  ): Promise<void> {
    const entries = [...this.#sides.values()]
      .filter((side) => !unheard.includes(side))
      .map((side) => ({ side, entry: side.entry(name) }));
    for (const { entry } of entries) if (entry !== undefined) entry.stopping = true;
    await Promise.all(tasks.map((task) => task.stop(how)));
    for (const { side, entry } of entries)
      if (entry !== undefined) await side.manager.remove(entry, how.drain ? how.graceMs : 0);
  }

  async #driver(host: Host): Promise<QueueDriver> {
    const driver = this.#shared ?? (await this.subject.driver(host));
    if (driver.capabilities.crossProcess) return driver;
    this.#shared ??= sharedQueueDriver(driver);
    const { clock } = this.subject.machine.host;
    return this.#options.encoded === true
      ? encodedQueueDriver(this.#shared, host.clock, clock)
      : this.#shared;
  }
}

/** A case of the contract, which leaves nothing behind. */
export function serviceCase(
  id: string,
  title: string,
  run: (lab: ServiceLab) => Promise<void>,
  { encoded = false, needs = [] }: LabOptions & { readonly needs?: readonly string[] } = {},
): ContractCase<ServiceTransportSubject> {
  return {
    id,
    title,
    needs,
    run: (subject) =>
      subject.machine.run(async () => {
        const lab = new ServiceLab(subject, { encoded });
        await run(lab);
        await lab.close();
      }),
  };
}
