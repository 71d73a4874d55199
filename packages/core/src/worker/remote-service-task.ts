import type { JsonObject } from "../errors/json.ts";
import { hasCode, reasonOf, type SageError } from "../errors/sage-error.ts";
import type { ServiceReport } from "../task/service-stats.ts";
import type {
  ServiceStop,
  ServiceTask,
  ServiceTaskFactory,
  ServiceTaskSpec,
} from "../task/service-task.port.ts";
import type { PlacedJob } from "./remote-tasks.ts";
import type { RunWatcher, WorkerLink } from "./worker-link.ts";
import type { RunState } from "./worker-message.ts";

/** How long to wait before an instance is placed again that could not be, in ms. */
const againMs = 1000;

/** Where an instance lives now. */
interface Place {
  readonly link: WorkerLink;
  readonly run: string;
}

/** An instance of a service that lives in a worker, and in another one when that is gone. */
export class RemoteServiceTask implements ServiceTask {
  readonly id: string;
  methods: readonly string[] = [];
  readonly #job: PlacedJob;
  readonly #spec: ServiceTaskSpec;
  #place: Place | undefined;
  #started = false;
  #moving: Promise<void> | undefined;
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;
  #report: ServiceReport;

  constructor(job: PlacedJob, spec: ServiceTaskSpec) {
    this.id = spec.id;
    this.#job = job;
    this.#spec = spec;
    const counts = {
      running: 0,
      maxRunning: 0,
      expired: 0,
      cancelled: 0,
      repeated: 0,
      refused: 0,
      doubts: 0,
    };
    this.#report = { id: spec.id, service: spec.service, ...counts, methods: {} };
  }

  async open(): Promise<void> {
    this.#place = await this.#open();
  }

  async start(): Promise<void> {
    for (;;) {
      const { link, run } = this.#place as Place;
      try {
        await link.ask("startService", { run });
        this.#started = true;
        return;
      } catch (error) {
        if (!hasCode(error, "WORKER_LOST")) throw error;
        await this.open();
      }
    }
  }

  stop(how: ServiceStop): Promise<void> {
    this.#stopping ??= this.#stop(how);
    return this.#stopping;
  }

  report(): ServiceReport {
    return this.#report;
  }

  /** Places it, and opens it there. */
  async #open(): Promise<Place> {
    const { pool, hosts } = this.#job;
    const { service, index } = this.#spec;
    const facts = this.#job.facts();
    const { module, digest } = facts;
    const label = this.#job.graph.services.find(({ name }) => name === service)?.label ?? undefined;
    for (;;) {
      const placing: { run?: string } = {};
      const watcher = this.#watcher(placing);
      const need = { node: this.id, step: service, module, digest, label, watcher };
      const { link, run } = await pool.place(need, this.#stopped.signal);
      placing.run = run;
      hosts.set(this.id, link);
      try {
        const args = { ...facts, run, service, index } as unknown as JsonObject;
        const { methods } = (await link.ask("placeService", args)) as { readonly methods: string[] };
        this.methods = methods;
        return { link, run };
      } catch (error) {
        link.drop(run);
        if (!hasCode(error, "WORKER_LOST")) throw error;
      }
    }
  }

  #watcher(placing: { readonly run?: string }): RunWatcher {
    const move = (error: SageError): void => {
      if (placing.run !== undefined && this.#place?.run === placing.run && this.#started)
        void this.#move(error);
    };
    let doubts = 0;
    return {
      onState: ({ service }: RunState) => {
        if (service === undefined || this.#place?.run !== placing.run) return;
        this.#report = service;
        if (service.doubts > doubts) this.#doubt();
        doubts = service.doubts;
      },
      onIdle: () => undefined,
      onLeaving: move,
      onLost: move,
    };
  }

  /** Goes on elsewhere. */
  #move(why: SageError): Promise<void> {
    this.#moving ??= this.#goOn(why).finally(() => {
      this.#moving = undefined;
    });
    return this.#moving;
  }

  async #goOn(why: SageError): Promise<void> {
    const { logger, clock } = this.#spec.host;
    logger.warn(() => `Service "${this.id}" is placed elsewhere: ${why.message}`, { error: why });
    const before = this.#place as Place;
    while (!this.#stopped.signal.aborted) {
      try {
        this.#place = await this.#open();
        await this.start();
        break;
      } catch (error) {
        const { link, run } = this.#place as Place;
        if (this.#place !== before) link.drop(run);
        this.#place = before;
        if (this.#stopped.signal.aborted || this.#job.pool.closed !== undefined) return;
        logger.error(() => `Service "${this.id}" could not be placed: ${reasonOf(error)}`, { error });
        await clock.sleep(againMs, this.#stopped.signal).catch(() => undefined);
      }
    }
    const how = { drain: true, graceMs: againMs, handOver: true };
    const ended = await this.#end(before, how).catch((error: unknown) => {
      logger.warn(() => `Service "${this.id}" did not end where it was: ${reasonOf(error)}`, { error });
      return false;
    });
    if (!ended) this.#doubt();
    const { lost } = (this.#place as Place).link;
    if (lost !== undefined && !this.#stopped.signal.aborted) await this.#goOn(lost); // lost meanwhile
  }

  async #stop(how: ServiceStop): Promise<void> {
    this.#stopped.abort();
    await this.#moving;
    if (this.#place === undefined) return;
    const { services, endpoint } = this.#spec;
    if (this.#started) await (await services.open(endpoint.requests)).close(); // its own manager does that, and nobody else
    await this.#end(this.#place, how);
  }

  /** What the instance was asked may be lost: whoever has asked it asks again for what may run twice. */
  #doubt(): void {
    const { job, service, index, services } = this.#spec;
    services.doubt(job, service, index);
    this.#job.pool.tell("doubt", { job, service, index });
  }

  /** Ends it where it lives; answers whether it has ended there, or is lost. */
  async #end({ link, run }: Place, { drain, graceMs, handOver = false }: ServiceStop): Promise<boolean> {
    if (link.lost !== undefined) return false;
    try {
      await link.ask("stopService", { run, drain, graceMs, handOver });
      return true;
    } catch (error) {
      if (!hasCode(error, "WORKER_LOST")) throw error;
      return false;
    } finally {
      link.drop(run);
    }
  }
}

/** Makes instances of services in workers. */
export function remoteServiceTasks(job: PlacedJob): ServiceTaskFactory {
  return { kind: "worker", create: (spec) => new RemoteServiceTask(job, spec) };
}
