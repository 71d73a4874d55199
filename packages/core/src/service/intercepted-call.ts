import { SageError } from "../errors/sage-error.ts";
import type { Headers } from "../packet/packet.ts";
import type { CallResult, OutgoingCall } from "./call-interceptor.ts";
import type { Cancellable } from "./call-scope.ts";
import type { CallTable } from "./call-table.ts";
import type { RequestEnd } from "./outgoing-request.ts";
import type { PendingCall } from "./pending-calls.ts";
import type { ServiceCall } from "./service-call.ts";
import type { ServiceEntry } from "./service-entry.ts";

/** Sends one request, and tells how it ended. */
export type SendRequest = (call: OutgoingCall, end: RequestEnd) => Cancellable;

/** A request under way. */
interface Attempt {
  request: Cancellable | undefined;
  readonly reject: (error: unknown) => void;
}

/**
 * A call on its way through the interceptors of its service. Whatever they do, it ends at its deadline; what they hold
 * back, and every request that they have sent, ends with it. Its signal is made when somebody asks for it.
 */
export class InterceptedCall implements Cancellable, PendingCall, OutgoingCall {
  id = -1;
  settled = false;
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly idempotent: boolean;
  readonly idempotencyKey: string | undefined;
  readonly headers: Headers | undefined;
  readonly #call: ServiceCall;
  readonly #table: CallTable<InterceptedCall>;
  readonly #send: SendRequest;
  readonly #attempts = new Set<Attempt>();
  #controller: AbortController | undefined;
  /** Whether a request was made, and may have been run. */
  #attempted = false;
  #given: { readonly reason: unknown } | undefined;

  /** `table` ends it at its deadline, with {@link InterceptedCall.expire}. */
  constructor(call: ServiceCall, table: CallTable<InterceptedCall>, send: SendRequest) {
    const { service, target, method, deadline, timeoutMs } = call;
    this.service = service.name;
    this.method = method;
    this.args = target.args;
    this.deadline = deadline;
    this.timeoutMs = timeoutMs;
    this.idempotent = service.rules.idempotent.has(method) || target.idempotencyKey !== undefined;
    this.idempotencyKey = target.idempotencyKey;
    this.headers = target.headers;
    this.#call = call;
    this.#table = table;
    this.#send = send;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#given !== undefined) this.#controller.abort(this.#given.reason);
    }
    return this.#controller.signal;
  }

  /** Begins. */
  start(): void {
    this.#table.open(this);
    this.#call.sent(this);
    this.#pass(this, 0).then(
      ({ value }) => {
        this.#table.settle(this.id);
        this.#call.resolve(value);
      },
      (error) => {
        this.#table.settle(this.id);
        this.#call.reject(error);
      },
    );
  }

  /** Whether it is a call of this service. */
  isOf(service: ServiceEntry): boolean {
    return this.#call.service === service;
  }

  /** Nobody will answer it. */
  drop(reason: string): void {
    const { service, method } = this;
    const facts = { service, method, reason, maybeExecuted: this.#attempted };
    this.#call.cancel(new SageError("SERVICE_UNAVAILABLE", facts));
  }

  /** Its deadline has come. */
  expire(): void {
    const { service, method, timeoutMs } = this;
    this.#call.cancel(new SageError("SERVICE_TIMEOUT", { service, method, timeoutMs }));
  }

  cancel(reason: unknown): void {
    if (this.#given !== undefined) return;
    this.#given = { reason };
    this.#table.settle(this.id);
    this.#controller?.abort(reason);
    for (const { request, reject } of this.#attempts) {
      request?.cancel(reason);
      reject(reason);
    }
    this.#attempts.clear();
  }

  /** Through the interceptors from the `at`-th on, and then to the service. */
  #pass(call: OutgoingCall, at: number): Promise<CallResult> {
    const interceptor = this.#call.service.resilience.interceptors[at];
    if (interceptor === undefined) return this.#attempt(call);
    try {
      return Promise.resolve(interceptor(call, (next) => this.#pass(next, at + 1)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #attempt(call: OutgoingCall): Promise<CallResult> {
    if (this.#given !== undefined) return Promise.reject(this.#given.reason);
    return new Promise((resolve, reject) => {
      this.#attempted = true;
      const attempt: Attempt = { request: undefined, reject };
      this.#attempts.add(attempt);
      attempt.request = this.#send(call, {
        resolve: (value) => {
          this.#attempts.delete(attempt);
          resolve({ value });
        },
        reject: (error) => {
          this.#attempts.delete(attempt);
          reject(error);
        },
      });
    });
  }
}
