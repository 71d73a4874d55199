import type { CallContext } from "../context/call-context.ts";
import { CallingSite, type ServiceAccess } from "../context/caller.ts";
import type { Clock } from "../host/clock.port.ts";
import type { Logger } from "../host/logger.port.ts";
import type { Metrics } from "../host/metrics.port.ts";
import type { Random } from "../host/random.port.ts";
import type { Headers } from "../packet/packet.ts";
import { CallGroup, type CallScope } from "../service/call-scope.ts";
import type { CallTable } from "../service/call-table.ts";
import type { PendingCall } from "../service/pending-calls.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { ServiceRequest } from "../service/service-message.ts";

/** What all calls of one instance have in common. */
export interface ServedFacts {
  readonly job: string;
  readonly service: string;
  readonly index: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly services: ServiceManager;
  /** `job/service`. */
  readonly address: string;
  /** Ends calls at their deadline whose methods have asked for the signal. */
  readonly deadlines: CallTable<ServedCall>;
}

/** One call as its method sees it. The signal, and who calls on, are made when somebody asks for them. */
export class ServedCall extends CallingSite implements CallContext, PendingCall {
  /** Place among those with a deadline; no request's id. */
  id = -1;
  settled = false;
  readonly request: ServiceRequest;
  readonly allowedMs: number;
  readonly #facts: ServedFacts;
  #controller: AbortController | undefined;
  #ended = false;
  #aborted: { readonly reason: unknown } | undefined;
  #scope: CallScope | undefined;
  /** When the last of those gives up who wait for it under its key. */
  #until: number;
  /** Whether others wait for it under its key. */
  #joined = false;
  #onAbort: ((reason: unknown) => void) | undefined;

  /** `allowedMs` is how long it may run. */
  constructor(facts: ServedFacts, request: ServiceRequest, allowedMs: number) {
    super();
    this.#facts = facts;
    this.request = request;
    this.allowedMs = allowedMs;
    this.#until = request.deadline;
  }

  /** When its caller gives up, in ms of the monotonic clock. */
  get deadline(): number {
    return this.#until;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
      else this.#watch();
    }
    return this.#controller.signal;
  }

  /** Calls back, once, where the signal would fire; there is one such listener, and it costs no signal. */
  onAbort(listener: (reason: unknown) => void): void {
    this.#onAbort = listener;
    if (this.#aborted !== undefined) listener(this.#aborted.reason);
    else this.#watch();
  }

  /** A repetition waits for it, too: from now on it ends at the later deadline, whoever gives up before. */
  join(deadline: number): void {
    this.#joined = true;
    if (deadline <= this.#until) return;
    const watched = this.id >= 0 && this.#facts.deadlines.settle(this.id) !== undefined;
    this.#until = deadline;
    if (!watched) return;
    this.settled = false;
    this.#facts.deadlines.open(this);
  }

  /** Its caller has given it up, which means nothing where others wait for it. */
  withdraw(reason: unknown): void {
    if (!this.#joined) this.abort(reason);
  }

  /** Lets the method know that nobody waits for it. */
  abort(reason: unknown): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
    this.#onAbort?.(reason);
  }

  /** The method has ended. */
  end(): void {
    this.#ended = true;
    if (this.id >= 0) this.#facts.deadlines.settle(this.id);
  }

  /** Ends it at its deadline, from now on. */
  #watch(): void {
    if (this.id < 0 && !this.#ended) this.#facts.deadlines.open(this);
  }

  get remainingMs(): number {
    return this.deadline - this.#facts.clock.monotonic();
  }

  get headers(): Headers | undefined {
    return this.request.headers;
  }

  get idempotencyKey(): string | undefined {
    return this.request.idempotencyKey;
  }

  callerOf(): ServiceAccess {
    const { job, address, services } = this.#facts;
    const { chain, deadline, headers } = this.request;
    this.#scope ??= {
      job,
      chain: [...chain, address],
      deadline,
      headers,
      group: new CallGroup(this.signal),
    };
    return { services, scope: this.#scope };
  }

  get job(): string {
    return this.#facts.job;
  }

  get serviceName(): string {
    return this.#facts.service;
  }

  get index(): number {
    return this.#facts.index;
  }

  get log(): Logger {
    return this.#facts.log;
  }

  get metrics(): Metrics {
    return this.#facts.metrics;
  }

  get clock(): Clock {
    return this.#facts.clock;
  }

  get random(): Random {
    return this.#facts.random;
  }
}
