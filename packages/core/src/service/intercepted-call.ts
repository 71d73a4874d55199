import type { Host } from "../host/host.ts";
import type { CallResult, OutgoingCall } from "./call-interceptor.ts";
import type { Cancellable } from "./call-scope.ts";
import type { RequestEnd } from "./outgoing-request.ts";
import { timeoutOf } from "./request-sender.ts";
import type { ServiceCall } from "./service-call.ts";

/** Sends one request, and tells how it ended. */
export type SendRequest = (call: OutgoingCall, end: RequestEnd) => Cancellable;

/**
 * A call on its way through the interceptors of its service. Whatever they do, it ends at its deadline; what they hold
 * back, and every request that they have sent, ends with its signal.
 */
export class InterceptedCall implements Cancellable {
  readonly #call: ServiceCall;
  readonly #host: Pick<Host, "clock">;
  readonly #send: SendRequest;
  readonly #abort = new AbortController();

  constructor(call: ServiceCall, host: Pick<Host, "clock">, send: SendRequest) {
    this.#call = call;
    this.#host = host;
    this.#send = send;
  }

  /** Begins. */
  start(): void {
    const { service, target, method, deadline, timeoutMs } = this.#call;
    const timer = this.#host.clock.setTimer(timeoutMs, () => {
      this.#call.cancel(timeoutOf(service.name, method, timeoutMs));
    });
    this.#call.sent(this);
    const call: OutgoingCall = {
      service: service.name,
      method,
      args: target.args,
      deadline,
      timeoutMs,
      idempotent: service.rules.idempotent.has(method) || target.idempotencyKey !== undefined,
      idempotencyKey: target.idempotencyKey,
      headers: target.headers,
      signal: this.#abort.signal,
    };
    this.#pass(call, 0).then(
      ({ value }) => {
        timer.clear();
        this.#call.resolve(value);
      },
      (error) => {
        timer.clear();
        this.#call.reject(error);
      },
    );
  }

  cancel(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Through the interceptors from the `at`-th on, and then to the service. */
  async #pass(call: OutgoingCall, at: number): Promise<CallResult> {
    const interceptor = this.#call.service.resilience.interceptors[at];
    if (interceptor !== undefined) return interceptor(call, (next) => this.#pass(next, at + 1));
    const { signal } = this.#abort;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        request.cancel(signal.reason);
        reject(signal.reason);
      };
      const settle = (then: () => void): void => {
        signal.removeEventListener("abort", onAbort);
        then();
      };
      const request = this.#send(call, {
        resolve: (value) => settle(() => resolve({ value })),
        reject: (error) => settle(() => reject(error)),
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
