import { isSageError, reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError, withoutStack } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import { checkPayload } from "../packet/check-payload.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { cancelProblemOf, requestProblemOf, type ShapeProblem } from "../service/message-shapes.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { ServiceCancel, ServiceRequest } from "../service/service-message.ts";
import { CallDesk } from "./call-desk.ts";
import { type CallOutcome, IdempotencyWindow } from "./idempotency-window.ts";
import { ServedCall, type ServedFacts } from "./served-call.ts";
import type { ServiceMethod, ServiceObject } from "./service-object.ts";
import type { ServiceStats } from "./service-stats.ts";

/** What runs the calls of one instance works with. */
export interface CallRunnerScope {
  /** Id of the instance. */
  readonly id: string;
  readonly service: string;
  readonly strictPayloads: boolean;
  readonly object: ServiceObject;
  readonly facts: ServedFacts;
  /** Knows whether errors go out with their stacks, and who reads replies in this process. */
  readonly services: Pick<ServiceManager, "exposesStacks" | "ways">;
  readonly stats: ServiceStats;
  readonly host: Host;
  /** Whether methods run with their call as the ambient context. */
  readonly ambient: boolean;
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
}

/** Runs the calls of one instance and replies to them: each request that anybody waits for gets one reply. */
export class CallRunner {
  readonly #scope: CallRunnerScope;
  readonly #onEnd: () => void;
  readonly #desks = new Map<string, CallDesk>();
  readonly #repeats: IdempotencyWindow;
  /** The calls that run and have a key. */
  readonly #keyed = new Map<string, ServedCall>();
  /** The desk that was used last, and the very descriptor that it was used for. */
  #desk: CallDesk | undefined;
  #deskOf: QueueDescriptorJson | undefined;

  /** `onEnd` is called when a method has ended that took its time. */
  constructor(scope: CallRunnerScope, onEnd: () => void) {
    this.#scope = scope;
    this.#onEnd = onEnd;
    this.#repeats = new IdempotencyWindow(scope.host.clock);
  }

  /** Fires the signals of the calls that run. */
  abort(reason: unknown): void {
    for (const desk of this.#desks.values()) for (const call of desk.running) call.abort(reason);
  }

  /** Begins one call at this time, unless nobody waits for it; answers the time then, in ms of the monotonic clock. */
  begin(message: unknown, now: number): number {
    const { stats, service, object } = this.#scope;
    const problem = requestProblemOf(message);
    if (problem !== undefined) {
      this.#discard(problem);
      return now;
    }
    const request = message as ServiceRequest;
    const desk = this.#deskFor(request.replyTo);
    if (desk.isCancelled(request.id)) {
      stats.cancelled++;
      return now;
    }
    if (request.deadline <= now) {
      stats.expired++;
      return now;
    }
    const method = request.service === service ? object.methods.get(request.method) : undefined;
    if (method === undefined) {
      stats.refused++;
      this.#refuse(request, desk, this.#missing(request));
    } else if (request.idempotencyKey === undefined || this.#admit(request.idempotencyKey, request, desk)) {
      return this.#start(method, request, desk, now);
    }
    return now;
  }

  /** Gives up what a cancellation says. */
  cancel(message: unknown): void {
    const problem = cancelProblemOf(message);
    if (problem !== undefined) {
      this.#discard(problem);
      return;
    }
    const cancel = message as ServiceCancel;
    this.#deskFor(cancel.replyTo).cancel(cancel, this.#scope.host.clock.monotonic());
  }

  #start(method: ServiceMethod, request: ServiceRequest, desk: CallDesk, now: number): number {
    const { stats, facts } = this.#scope;
    stats.begin();
    const call = new ServedCall(facts, request, request.deadline - now);
    try {
      const result = this.#run(method, request, call);
      if (!isPromiseLike(result)) return this.#end(call, desk, now, { ok: true, value: result });
      desk.begin(call);
      if (request.idempotencyKey !== undefined) this.#keyed.set(request.idempotencyKey, call);
      result.then(
        (value) => this.#settle(call, desk, now, { ok: true, value }),
        (error) => this.#settle(call, desk, now, { ok: false, error }),
      );
      return now;
    } catch (error) {
      return this.#end(call, desk, now, { ok: false, error });
    }
  }

  #run(method: ServiceMethod, { args }: ServiceRequest, call: ServedCall): unknown {
    const { object, host, ambient } = this.#scope;
    if (!ambient || host.ambient === undefined) return object.run(method, args, call);
    return host.ambient.run(call, () => object.run(method, args, call));
  }

  #settle(call: ServedCall, desk: CallDesk, since: number, outcome: CallOutcome): void {
    desk.end(call);
    this.#end(call, desk, since, outcome);
    this.#onEnd();
  }

  /** Replies to a call that has ended; answers the time then. */
  #end(call: ServedCall, desk: CallDesk, since: number, ended: CallOutcome): number {
    const { stats, host, id } = this.#scope;
    const { method, idempotencyKey } = call.request;
    const now = host.clock.monotonic();
    const executionMs = now - since;
    call.end();
    const outcome = this.#checked(ended);
    stats.end(method, executionMs, !outcome.ok);
    if (!outcome.ok) {
      const { error } = outcome;
      const level = isSageError(error) ? "debug" : "warn"; // the kernel's own were told where they arose
      host.logger[level](() => `Service "${id}" failed in ${method}(): ${reasonOf(error)}`, { error });
    }
    if (idempotencyKey !== undefined) {
      this.#keyed.delete(idempotencyKey);
      this.#repeats.settle(idempotencyKey, outcome);
    }
    this.#reply(desk, call.request, executionMs, outcome);
    return now;
  }

  /** The outcome, unless its value cannot be sent. */
  #checked(outcome: CallOutcome): CallOutcome {
    if (!outcome.ok || !this.#scope.strictPayloads) return outcome;
    try {
      checkPayload(outcome.value);
      return outcome;
    } catch (error) {
      return { ok: false, error };
    }
  }

  /** Whether a request with a key must run; it is replied to otherwise. */
  #admit(key: string, request: ServiceRequest, desk: CallDesk): boolean {
    try {
      const runs = this.#repeats.admit(key, request, (outcome) => this.#reply(desk, request, 0, outcome));
      if (runs) return true;
      this.#scope.stats.repeated++;
      this.#keyed.get(key)?.join(request.deadline);
      return false;
    } catch (error) {
      this.#scope.stats.refused++;
      this.#refuse(request, desk, error);
      return false;
    }
  }

  #missing({ service, method }: ServiceRequest): SageError {
    const { object } = this.#scope;
    return service === this.#scope.service
      ? new SageError("SERVICE_METHOD_NOT_FOUND", { service, method, known: [...object.methods.keys()] })
      : new SageError("SERVICE_NOT_FOUND", { service, known: [this.#scope.service] });
  }

  #refuse(request: ServiceRequest, desk: CallDesk, error: unknown): void {
    this.#reply(desk, request, 0, { ok: false, error });
  }

  #reply(desk: CallDesk, { id }: ServiceRequest, executionMs: number, outcome: CallOutcome): void {
    if (outcome.ok) {
      desk.reply({ kind: "response", id, executionMs, ok: true, value: outcome.value });
      return;
    }
    const encoded = encodeError(outcome.error);
    const error = this.#scope.services.exposesStacks ? encoded : withoutStack(encoded);
    desk.reply({ kind: "response", id, executionMs, ok: false, error });
  }

  #discard(problem: ShapeProblem): void {
    const { stats, host } = this.#scope;
    stats.refused++;
    host.logger.warn(() => new SageError("SERVICE_MESSAGE_INVALID", { ...problem }).message);
  }

  #deskFor(replyTo: QueueDescriptorJson): CallDesk {
    if (replyTo === this.#deskOf) return this.#desk as CallDesk;
    const key = `${replyTo.kind}\n${replyTo.id}`;
    let desk = this.#desks.get(key);
    if (desk === undefined) {
      desk = new CallDesk(this.#scope, replyTo);
      this.#desks.set(key, desk);
    }
    this.#deskOf = replyTo;
    this.#desk = desk;
    return desk;
  }
}
