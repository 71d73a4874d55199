import type { ServiceContext } from "../context/call-context.ts";
import { Caller } from "../context/caller.ts";
import { reasonOf, SageError } from "../errors/sage-error.ts";
import { CallGroup } from "../service/call-scope.ts";
import { CallTable } from "../service/call-table.ts";
import { timeoutOf } from "../service/request-sender.ts";
import { HealthPoll } from "./health-poll.ts";
import { ServedCall, type ServedFacts } from "./served-call.ts";
import { ServiceLoop } from "./service-loop.ts";
import { ServiceObject } from "./service-object.ts";
import { type ServiceReport, ServiceStats } from "./service-stats.ts";
import type { ServiceStop, ServiceTask, ServiceTaskSpec } from "./service-task.port.ts";

/** One instance of a service: its life-cycle around a {@link ServiceLoop}. Where it runs is up to a `ServiceTaskFactory`. */
export class BaseServiceTask implements ServiceTask {
  readonly id: string;
  readonly #spec: ServiceTaskSpec;
  readonly #stats = new ServiceStats();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  /** Ends calls whose methods have asked for their signal. */
  readonly #deadlines: CallTable<ServedCall>;
  #onEnded!: () => void;
  #object: ServiceObject | undefined;
  #loop: ServiceLoop | undefined;
  #health: HealthPoll | undefined;
  #stopping: Promise<void> | undefined;
  #trust: () => void = () => undefined;
  #cleaned = false;
  #beginning = false;

  constructor(spec: ServiceTaskSpec) {
    this.id = spec.id;
    this.#spec = spec;
    this.#deadlines = new CallTable(spec.host, (call) =>
      call.abort(timeoutOf(spec.service, call.request.method, Math.round(call.allowedMs))),
    );
    this.#ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
  }

  get methods(): readonly string[] {
    return [...(this.#object?.methods.keys() ?? [])];
  }

  async open(): Promise<void> {
    const { create } = this.#spec;
    await this.#begin(async () => {
      this.#object = await this.#phase("its constructor", async () => new ServiceObject(await create()));
      this.#checkStopped();
      const { hooks } = this.#object;
      await this.#phase("setup", () => hooks.setup?.(this.#context()));
    });
  }

  async start(): Promise<void> {
    const { endpoint, services } = this.#spec;
    const object = this.#object as ServiceObject;
    await this.#begin(() => this.#phase("start", () => object.hooks.start?.()));
    const requests = await services.open(endpoint.requests);
    this.#trust = requests.onDoubt?.(() => this.#stats.doubts++) ?? this.#trust;
    this.#loop = new ServiceLoop({
      ...this.#spec,
      object,
      facts: this.#facts(),
      stats: this.#stats,
      requests,
      control: await services.open(endpoint.control),
      ambient: object.hooks.setup !== undefined,
      open: (descriptor) => services.open(descriptor),
      onEnd: this.#onEnded,
    });
    this.#loop.start();
    const { healthIntervalMs, host } = this.#spec;
    if (object.hooks.healthCheck === undefined) return;
    this.#health = new HealthPoll(host.clock, healthIntervalMs, () => object.hooks.healthCheck?.());
    this.#health.start();
  }

  stop(how: ServiceStop): Promise<void> {
    if (!how.drain) this.#abortCalls();
    this.#stopping ??= this.#stop(how);
    return this.#stopping;
  }

  report(): ServiceReport {
    return this.#stats.report(this.id, this.#spec.service, this.#health?.problem);
  }

  async #stop({ graceMs, handOver = false }: ServiceStop): Promise<void> {
    const { services, endpoint, host, service } = this.#spec;
    if (this.#beginning) return; // it cleans up itself, behind what it is doing
    this.#health?.stop();
    if (this.#loop !== undefined) {
      this.#loop.refuse();
      const requests = await services.open(endpoint.requests);
      await (handOver ? requests.stopReading?.() : requests.close());
      const stop = new AbortController();
      const late = host.clock.sleep(graceMs, stop.signal).then(
        () => {
          this.#abortCalls();
          const running = `${this.#stats.running} calls still run`;
          host.logger.error(() => `Service "${this.id}" does not end in time: ${running}`, { service });
        },
        () => undefined,
      );
      await Promise.race([this.#ended, late]);
      stop.abort();
      this.#loop.halt();
      if (handOver) for (const queue of [endpoint.requests, endpoint.control]) await services.forget(queue);
      else await (await services.open(endpoint.control)).close();
      this.#deadlines.drain(() => true);
      await this.#quietly("stop", () => this.#object?.hooks.stop?.());
    }
    await this.#cleanUp();
  }

  #abortCalls(): void {
    const reason = new SageError("CANCELLED", { what: `Service "${this.id}"` });
    this.#abort.abort(reason);
    this.#loop?.halt(); // what ends now makes room, and nothing may begin in it
    this.#loop?.abort(reason);
  }

  async #cleanUp(): Promise<void> {
    if (this.#cleaned) return;
    this.#cleaned = true;
    this.#trust();
    await this.#quietly("cleanup", () => this.#object?.hooks.cleanup?.());
  }

  /** Runs a part of the start, behind which everything is cleaned up if it fails or was stopped under way. */
  async #begin(part: () => Promise<unknown>): Promise<void> {
    this.#beginning = true;
    try {
      await part();
      this.#checkStopped();
    } catch (error) {
      await this.#cleanUp();
      throw error;
    } finally {
      this.#beginning = false;
    }
  }

  /** @throws SageError `CANCELLED` when the start was stopped under way. */
  #checkStopped(): void {
    if (this.#stopping !== undefined) throw new SageError("CANCELLED", { what: `Service "${this.id}"` });
  }

  /** Runs a part of the start. @throws SageError `SERVICE_START_FAILED`. */
  async #phase<T>(phase: string, run: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const facts = { service: this.id, phase, reason: reasonOf(error) };
      throw new SageError("SERVICE_START_FAILED", facts, { cause: error });
    }
  }

  /** Runs a part of the end, whose failure changes nothing and goes to the log. */
  async #quietly(phase: string, run: () => unknown): Promise<void> {
    try {
      await run();
    } catch (error) {
      const { host } = this.#spec;
      host.logger.error(() => `Service "${this.id}" failed in ${phase}(): ${reasonOf(error)}`, { error });
    }
  }

  #facts(): ServedFacts {
    const { job, service, index, services, host } = this.#spec;
    const { clock, metrics } = host;
    return {
      job,
      service,
      index,
      log: host.logger.child({ job, service: this.id }),
      metrics,
      clock,
      random: host.random.fork(`${job}/${this.id}/calls`),
      services,
      address: `${job}/${service}`,
      deadlines: this.#deadlines,
    };
  }

  /** What the user's object sees of the runtime; within a call, what it calls belongs to that call. */
  #context(): ServiceContext {
    const { job, service, index, instances, host, services } = this.#spec;
    const { signal } = this.#abort;
    const scope = { job, chain: [`${job}/${service}`], group: new CallGroup(signal) };
    const caller = new Caller({
      callerOf: () => {
        const call = host.ambient?.get();
        return call instanceof ServedCall ? call.callerOf() : { services, scope };
      },
    });
    return Object.assign(caller, {
      job,
      serviceName: service,
      index,
      instances,
      log: host.logger.child({ job, service: this.id }),
      metrics: host.metrics,
      clock: host.clock,
      random: host.random.fork(`${job}/${this.id}`),
      signal,
    });
  }
}
