import { reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import { isPromiseLike, type MaybePromise, whenSettled } from "../host/maybe-promise.ts";
import { checkPayload } from "../packet/check-payload.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { MessageReader } from "../service/message-reader.ts";
import { cancelProblemOf, requestProblemOf } from "../service/message-shapes.ts";
import type { ServiceCancel, ServiceRequest } from "../service/service-message.ts";
import { CallDesk } from "./call-desk.ts";
import { ServedCall, type ServedFacts } from "./served-call.ts";
import type { ServiceObject } from "./service-object.ts";
import type { ServiceStats } from "./service-stats.ts";

/** What the loop of one instance works with. */
export interface ServiceLoopScope {
  /** Id of the instance. */
  readonly id: string;
  readonly service: string;
  readonly concurrency: number;
  readonly strictPayloads: boolean;
  readonly object: ServiceObject;
  readonly facts: ServedFacts;
  readonly stats: ServiceStats;
  readonly host: Host;
  readonly requests: Queue;
  readonly control: Queue;
  /** Whether methods run with their call as the ambient context. */
  readonly ambient: boolean;
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
  /** Called once: the requests have ended, and so has every call. */
  onEnd(): void;
}

/** Most requests taken at once; those beyond `concurrency` go on counting against the queue's capacity. */
const maxTaken = 256;

/** Serves requests in their order, up to `concurrency` at a time, until their queue is closed and empty. */
export class ServiceLoop {
  readonly #scope: ServiceLoopScope;
  readonly #desks = new Map<string, CallDesk>();
  /** The desk that was used last, and the very descriptor that it was used for. */
  #desk: CallDesk | undefined;
  #deskOf: QueueDescriptorJson | undefined;
  #delivery: Delivery | undefined;
  /** The requests of the delivery, and how many of them have had their turn. */
  #line: readonly unknown[] = [];
  #served = 0;
  #taking = false;
  #ended = false;
  #pumping = false;

  constructor(scope: ServiceLoopScope) {
    this.#scope = scope;
  }

  /** Begins. */
  start(): void {
    const { control, host, id } = this.#scope;
    const onEnd = (error: unknown): void => {
      if (error !== undefined)
        host.logger.error(() => `Reading the cancellations of "${id}" failed`, { error });
    };
    new MessageReader(control, (message) => this.#onCancel(message), onEnd).start();
    this.#pump();
  }

  /** Fires the signals of the calls that run. */
  abort(reason: unknown): void {
    for (const desk of this.#desks.values()) for (const call of desk.running) call.abort(reason);
  }

  /** Begins calls while there is room, and takes requests while there are any. */
  #pump(): void {
    if (this.#pumping || this.#ended) return;
    this.#pumping = true;
    while (this.#serve() && this.#take());
    this.#pumping = false;
    if (this.#delivery?.done === true && this.#scope.stats.running === 0) {
      this.#ended = true;
      this.#scope.onEnd();
    }
  }

  /** Gives the requests at hand their turns; answers whether more can be taken. */
  #serve(): boolean {
    const { concurrency, stats, requests, host } = this.#scope;
    const delivery = this.#delivery;
    if (delivery === undefined) return true;
    if (delivery.done) return false;
    const before = this.#served;
    let now = host.clock.monotonic();
    while (this.#served < this.#line.length && stats.running < concurrency) {
      now = this.#begin(this.#line[this.#served++], now);
    }
    const all = this.#served === this.#line.length;
    if (this.#served > before || all) {
      this.#advance(all ? delivery.position : requests.positionAfter(delivery, this.#served));
    }
    if (!all) return false;
    this.#delivery = undefined;
    this.#line = [];
    this.#served = 0;
    return stats.running < concurrency;
  }

  /** Takes the next requests; answers whether there were any at once. */
  #take(): boolean {
    if (this.#taking) return false;
    try {
      const taken = this.#scope.requests.take(maxTaken);
      if (!isPromiseLike(taken)) {
        this.#keep(taken);
        return true;
      }
      this.#taking = true;
      whenSettled(taken, this.#onTaken, this.#onFailed);
    } catch (error) {
      this.#onFailed(error);
    }
    return false;
  }

  readonly #onTaken = (delivery: Delivery): void => {
    this.#taking = false;
    this.#keep(delivery);
    this.#pump();
  };

  readonly #onFailed = (error: unknown): void => {
    const { host, id } = this.#scope;
    host.logger.error(() => `Service "${id}" cannot take requests any more: ${reasonOf(error)}`, { error });
    this.#taking = false;
    this.#delivery = { batches: [], position: null, done: true };
    this.#pump();
  };

  #keep(delivery: Delivery): void {
    const { batches } = delivery;
    this.#delivery = delivery;
    this.#line =
      batches.length === 1
        ? (batches[0] as Delivery["batches"][0]).payloads
        : batches.flatMap((b) => b.payloads);
  }

  #advance(position: Delivery["position"]): void {
    const advanced = this.#scope.requests.advance(position);
    if (isPromiseLike(advanced)) whenSettled(advanced, () => undefined, this.#onFailed);
  }

  /** Begins one call, unless nobody waits for it; answers the time then. */
  #begin(message: unknown, now: number): number {
    const { stats, service, object, facts, host } = this.#scope;
    const problem = requestProblemOf(message);
    if (problem !== undefined) {
      stats.refused++;
      host.logger.warn(() => new SageError("SERVICE_MESSAGE_INVALID", { ...problem }).message);
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
      this.#refuse(request, desk);
      return now;
    }
    stats.begin();
    const call = new ServedCall(facts, request, request.deadline - now);
    try {
      const result = this.#run(method, request, call);
      if (!isPromiseLike(result)) return this.#end(call, desk, now, true, result);
      desk.begin(call);
      result.then(
        (value) => this.#settle(call, desk, now, true, value),
        (error) => this.#settle(call, desk, now, false, error),
      );
      return now;
    } catch (error) {
      return this.#end(call, desk, now, false, error);
    }
  }

  #run(method: Parameters<ServiceObject["run"]>[0], { args }: ServiceRequest, call: ServedCall): unknown {
    const { object, host, ambient } = this.#scope;
    if (!ambient || host.ambient === undefined) return object.run(method, args, call);
    return host.ambient.run(call, () => object.run(method, args, call));
  }

  #settle(call: ServedCall, desk: CallDesk, since: number, ok: boolean, outcome: unknown): void {
    desk.end(call);
    this.#end(call, desk, since, ok, outcome);
    this.#pump();
  }

  /** Replies to a call that has ended; answers the time then. */
  #end(call: ServedCall, desk: CallDesk, since: number, ok: boolean, outcome: unknown): number {
    const { stats, host, id } = this.#scope;
    const { id: request, method } = call.request;
    const now = host.clock.monotonic();
    const executionMs = now - since;
    call.end();
    const error = ok ? this.#problemOf(outcome) : outcome;
    const failed = !ok || error !== undefined;
    stats.end(method, executionMs, failed);
    if (!failed) {
      desk.reply({ kind: "response", id: request, executionMs, ok: true, value: outcome });
      return now;
    }
    host.logger.warn(() => `Service "${id}" failed in ${method}(): ${reasonOf(error)}`, { error });
    desk.reply({ kind: "response", id: request, executionMs, ok: false, error: encodeError(error) });
    return now;
  }

  /** Why a result cannot be sent, if it cannot. */
  #problemOf(result: unknown): unknown {
    if (!this.#scope.strictPayloads) return undefined;
    try {
      checkPayload(result);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Replies to a request for what there is not. */
  #refuse({ id, service, method }: ServiceRequest, desk: CallDesk): void {
    const { object } = this.#scope;
    const error =
      service === this.#scope.service
        ? new SageError("SERVICE_METHOD_NOT_FOUND", { service, method, known: [...object.methods.keys()] })
        : new SageError("SERVICE_NOT_FOUND", { service, known: [this.#scope.service] });
    desk.reply({ kind: "response", id, executionMs: 0, ok: false, error: encodeError(error) });
  }

  #onCancel(message: unknown): void {
    const { stats, host } = this.#scope;
    const problem = cancelProblemOf(message);
    if (problem !== undefined) {
      stats.refused++;
      host.logger.warn(() => new SageError("SERVICE_MESSAGE_INVALID", { ...problem }).message);
      return;
    }
    const cancel = message as ServiceCancel;
    this.#deskFor(cancel.replyTo).cancel(cancel, host.clock.monotonic());
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
