import { SageError } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import type { Queue } from "../queue/queue.port.ts";
import { QueueDescriptor, type QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import type { OutgoingCall } from "./call-interceptor.ts";
import type { CallScope, CallTarget, Cancellable } from "./call-scope.ts";
import { CallStats } from "./call-stats.ts";
import { CallTable } from "./call-table.ts";
import { DirectWays } from "./direct-ways.ts";
import { InterceptedCall } from "./intercepted-call.ts";
import type { RequestEnd } from "./outgoing-request.ts";
import { RequestSender, type StrayReplies, timeoutOf } from "./request-sender.ts";
import type { Resilience } from "./resilience.ts";
import { ServiceCall } from "./service-call.ts";
import { ServiceDirectory } from "./service-directory.ts";
import { addressOf, type CallRules, type ServiceEndpoint, type ServiceEntry } from "./service-entry.ts";

/** What a service manager works with. */
export interface ServiceManagerScope {
  readonly host: Host;
  readonly drivers: DriverRegistry;
  /** Whether errors of services go to their callers with their stacks. Default: no. */
  readonly exposeStacks?: boolean;
}

/** A service that has started. */
export interface StartedService {
  readonly job: string;
  readonly name: string;
  /** Names of the methods that can be called. */
  readonly methods: readonly string[];
  readonly rules: CallRules;
  readonly endpoints: readonly ServiceEndpoint[];
  /** What is around its calls. */
  readonly resilience: Resilience;
}

/**
 * The calling side of services: finds the service, checks the call, and gives each caller its own answer, its error,
 * or its timeout, once.
 */
export class ServiceManager {
  readonly #host: Host;
  readonly #handles: QueueHandles;
  readonly #directory = new ServiceDirectory();
  readonly #sender: RequestSender;
  /** Calls on their way through interceptors. */
  readonly #intercepted: CallTable<InterceptedCall>;
  /** Whether errors of services go to their callers with their stacks. */
  readonly exposesStacks: boolean;
  /** The ways past queues that services and their callers have in common. */
  readonly ways = new DirectWays();
  #closed = false;

  constructor({ host, drivers, exposeStacks = false }: ServiceManagerScope) {
    this.exposesStacks = exposeStacks;
    this.#host = host;
    this.#handles = new QueueHandles(drivers);
    this.#intercepted = new CallTable(host, (call) => call.expire());
    const { ways } = this;
    this.#sender = new RequestSender({ host, ways, open: (descriptor) => this.open(descriptor) });
  }

  /** Requests without an answer, and calls on their way through interceptors. */
  get pending(): number {
    return this.#sender.pending + this.#intercepted.size;
  }

  /** Replies that came for nobody. */
  get strays(): StrayReplies {
    return this.#sender.strays;
  }

  /** The services that can be called. */
  get services(): readonly ServiceEntry[] {
    return this.#directory.entries;
  }

  /** The live queue that a descriptor names: of requests, of cancellations or of replies. */
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue> {
    return this.#handles.open(QueueDescriptor.fromJSON(descriptor));
  }

  /** Makes a service known that has started. */
  async add(service: StartedService): Promise<ServiceEntry> {
    const instances = await Promise.all(service.endpoints.map((endpoint) => this.#sender.connect(endpoint)));
    const { job, name, rules, resilience } = service;
    const methods = new Set(service.methods);
    const stats = new CallStats();
    const entry: ServiceEntry = {
      job,
      name,
      methods,
      rules,
      instances,
      resilience,
      stats,
      stopping: false,
      draining: false,
    };
    this.#directory.add(entry);
    return entry;
  }

  /** Has to do with a queue no longer that another process reads on. */
  async forget(descriptor: QueueDescriptorJson): Promise<void> {
    await this.#handles.forget(QueueDescriptor.fromJSON(descriptor));
  }

  /** What an instance of a service was asked may be lost: what may run twice is asked again. */
  doubt(job: string, service: string, index: number): void {
    const entry = this.services.find((each) => each.job === job && each.name === service);
    const instance = entry?.instances[index];
    if (instance !== undefined) this.#sender.doubt((each) => each === instance);
  }

  /** Lets a service take calls only on behalf of others; resolves when it has answered all, or after so many ms. */
  drain(entry: ServiceEntry, graceMs: number): Promise<void> {
    entry.draining = true;
    return this.#sender.answered(entry, graceMs);
  }

  /**
   * Forgets a service that has stopped: what it has answered still arrives, within `graceMs`; those who wait for it then
   * are let go.
   */
  async remove(entry: ServiceEntry, graceMs: number): Promise<void> {
    entry.stopping = true;
    this.#directory.remove(entry);
    await this.#sender.answered(entry, graceMs);
    this.#drop("the service was stopped", entry);
    for (const { endpoint } of entry.instances) {
      const { requests, control, outcomes } = endpoint;
      for (const queue of [requests, control, ...(outcomes === undefined ? [] : [outcomes])])
        await this.#handles.clear(QueueDescriptor.fromJSON(queue));
    }
  }

  /**
   * Calls a method; `end` hears how it went.
   *
   * @throws SageError `SERVICE_NOT_FOUND`, `SERVICE_AMBIGUOUS`, `SERVICE_METHOD_NOT_FOUND`, `SERVICE_CALL_CYCLE`,
   * `SERVICE_UNAVAILABLE`, `SERVICE_TIMEOUT` when no time is left, and the reason of a signal that has fired before.
   */
  call(asked: CallTarget, scope: CallScope, end: RequestEnd): ServiceCall {
    const target =
      scope.headers === undefined ? asked : { ...asked, headers: { ...scope.headers, ...asked.headers } };
    const service = this.#directory.find(target.service, scope.job);
    this.#check(service, target.method, scope);
    target.signal?.throwIfAborted();
    const now = this.#host.clock.monotonic();
    const own = target.timeoutMs ?? service.rules.timeoutMs;
    const timeoutMs = scope.deadline === undefined ? own : Math.min(own, scope.deadline - now);
    const { clock } = this.#host;
    const call = new ServiceCall({ service, target, scope, timeoutMs, clock, startedAt: now, end });
    if (timeoutMs <= 0) throw timeoutOf(service.name, target.method, 0);
    call.begin();
    if (service.resilience.interceptors.length === 0) {
      call.sent(this.#sender.send(call, target, call));
    } else {
      const send = (attempt: OutgoingCall, ended: RequestEnd): Cancellable =>
        this.#sender.send(call, attempt, ended);
      new InterceptedCall(call, this.#intercepted, send).start();
    }
    return call;
  }

  /** Refuses further calls, and ends those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#drop("the runtime was closed");
    await this.#handles.close();
  }

  /** Ends the calls of one service, or all. */
  #drop(reason: string, entry?: ServiceEntry): void {
    const held = this.#intercepted.drain((call) => entry === undefined || call.isOf(entry));
    for (const call of held) call.drop(reason);
    this.#sender.drop(reason, (request) => entry === undefined || request.service === entry);
  }

  #check(service: ServiceEntry, method: string, { chain }: CallScope): void {
    const { name, methods } = service;
    const stopping = service.stopping || (service.draining && chain.length === 0);
    if (!methods.has(method)) {
      const facts = { service: name, method: String(method), known: [...methods] };
      throw new SageError("SERVICE_METHOD_NOT_FOUND", facts);
    }
    const at = chain.indexOf(addressOf(service));
    if (at >= 0) {
      const names = chain.slice(at).map((address) => address.slice(address.indexOf("/") + 1));
      throw new SageError("SERVICE_CALL_CYCLE", { service: name, chain: names });
    }
    if (!this.#closed && !stopping) return;
    const reason = this.#closed ? "the runtime is closed" : "the service is stopping";
    throw new SageError("SERVICE_UNAVAILABLE", { service: name, method, reason, maybeExecuted: false });
  }
}
