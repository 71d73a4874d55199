import { hasCode, SageError } from "../errors/sage-error.ts";
import { decodeError } from "../errors/wire-error.ts";
import { Completion } from "../host/completion.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import { PipelineRequest } from "../operator/request-source.ts";
import type { SourceReader } from "../operator/source-reader.ts";
import { checkPayload } from "../packet/check-payload.ts";
import { dropProblemOf, responseProblemOf } from "../service/message-shapes.ts";
import { RequestShare, requestHeader, shareHeader } from "../service/request-share.ts";
import type { ServiceDrop, ServiceResponse } from "../service/service-message.ts";
import { ServedCall } from "./served-call.ts";
import type { StrayOutcomes } from "./service-stats.ts";

/** What one instance of a pipeline's front works with. */
export interface RequestFrontScope {
  /** Name of the service. */
  readonly service: string;
  /** Which instance this is, from 0. */
  readonly index: number;
  readonly scheduler: Scheduler;
  /** Whether requests are refused that could not cross a process. */
  readonly strictPayloads: boolean;
}

/** How many requests that nobody waits for may be in the line. */
const maxLeftOut = 1024;

/**
 * Where a pipeline meets those who call it: a service whose method makes a record of each request, and the source that
 * reads these records. A request ends once: with the first record that answers it, with the first one that fails for
 * good, or when so many of its records have been dropped that none is left.
 */
export class RequestFront implements SourceReader {
  /** Id of the instance, such as `quote#0`. */
  readonly id: string;
  /** Who waits for the answer to a request hears by their deadline that it is gone. */
  readonly forgetful = true;
  readonly #scope: RequestFrontScope;
  readonly #tickets = new Map<number, Ticket>();
  #opened = 0;
  #line: PipelineRequest[] = [];
  /** How many were left out since the line was tidied. */
  #leftOut = 0;
  #wait: Completion<unknown[]> | undefined;
  #closed = false;
  readonly #strays = { late: 0, invalid: 0 };

  constructor(scope: RequestFrontScope) {
    this.#scope = scope;
    this.id = `${scope.service}#${scope.index}`;
  }

  /** The object whose methods can be called: `process(request)`. */
  get service(): { process(request: unknown, call: unknown): PromiseLike<unknown> } {
    return { process: (request, call) => this.#take(request, call) };
  }

  /** Outcomes that came for nobody. */
  get strays(): StrayOutcomes {
    return { ...this.#strays };
  }

  /** The call that waits for a request's answer. */
  callOf(ticket: number): ServedCall | undefined {
    return this.#tickets.get(ticket)?.call;
  }

  poll(max: number): MaybePromise<unknown[]> {
    if (this.#line.length > 0 || this.#closed) return this.#next(max);
    this.#wait = new Completion(this.#scope.scheduler, () => this.#next(max));
    return this.#wait;
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Hears what has become of a record that stems from a request: a `ServiceResponse` or a `ServiceDrop`. */
  readonly onOutcome = (message: unknown): void => {
    if ((message as ServiceDrop | null)?.kind === "drop") {
      if (dropProblemOf(message) === undefined) this.#drop(message as ServiceDrop);
      else this.#strays.invalid++;
      return;
    }
    if (responseProblemOf(message) !== undefined) {
      this.#strays.invalid++;
      return;
    }
    const response = message as ServiceResponse;
    const ticket = this.#end(response.id);
    if (ticket === undefined) this.#strays.late++;
    else if (response.ok) ticket.resolve(response.value);
    else ticket.reject(decodeError(response.error));
  };

  #take(payload: unknown, call: unknown): PromiseLike<unknown> {
    const { service } = this.#scope;
    if (!(call instanceof ServedCall)) {
      const problem = "are not one request";
      throw new SageError("INVALID_OPTION", { path: "args", problem, expected: "exactly one argument" });
    }
    if (this.#closed) throw unavailable(service, false);
    if (this.#scope.strictPayloads) checkPayload(payload); // it would fail the source, and with it the job
    const id = this.#opened++;
    const { [shareHeader]: _, ...own } = call.headers ?? {}; // nobody but the pipeline divides its requests
    const headers = { ...own, [requestHeader]: `${this.id}:${id}` };
    const ticket = new Ticket(call, new PipelineRequest(payload, headers));
    this.#tickets.set(id, ticket);
    call.onAbort((reason) => {
      const stopped = hasCode(reason, "CANCELLED");
      this.#end(id)?.reject(stopped ? unavailable(service, true) : reason);
    });
    this.#line.push(ticket.request);
    this.#wake();
    return ticket;
  }

  #drop({ id, share, place, node, why }: ServiceDrop): void {
    const ticket = this.#tickets.get(id);
    if (ticket === undefined) this.#strays.late++;
    else if (ticket.drops(place, RequestShare.parse(share))) {
      const { service } = this.#scope;
      this.#end(id)?.reject(new SageError("SERVICE_NO_REPLY", { service, node, why }));
    }
  }

  #end(id: number): Ticket | undefined {
    const ticket = this.#tickets.get(id);
    if (ticket === undefined) return undefined;
    this.#tickets.delete(id);
    ticket.request.giveUp();
    if (ticket.request.leftOut && ++this.#leftOut > maxLeftOut) this.#tidy();
    return ticket;
  }

  /** Takes out of the line what nobody waits for; not all of it, since a poll may have been promised something. */
  #tidy(): void {
    this.#leftOut = 0;
    const last = this.#line.at(-1);
    this.#line = this.#line.filter((request) => !request.leftOut || request === last);
  }

  #next(max: number): unknown[] {
    this.#wait = undefined;
    return this.#line.splice(0, max);
  }

  #wake(): void {
    this.#wait?.resolve();
  }
}

/** A request that waits for its answer. The answer is handed over as it is: it may look like a promise. */
class Ticket implements PromiseLike<unknown> {
  readonly call: ServedCall;
  readonly request: PipelineRequest;
  #dropped = RequestShare.none;
  #places: Set<string> | undefined;
  #onValue: ((value: unknown) => unknown) | null | undefined;
  #onError: ((error: unknown) => unknown) | null | undefined;

  constructor(call: ServedCall, request: PipelineRequest) {
    this.call = call;
    this.request = request;
  }

  resolve(value: unknown): void {
    this.#onValue?.(value);
  }

  reject(error: unknown): void {
    this.#onError?.(error);
  }

  /** Counts what was dropped at a place, once; answers whether nothing is left. */
  drops(place: string, share: RequestShare): boolean {
    this.#places ??= new Set();
    if (this.#places.has(place)) return false;
    this.#places.add(place);
    this.#dropped = this.#dropped.plus(share);
    return this.#dropped.isAll;
  }

  // biome-ignore lint/suspicious/noThenProperty: a call that has begun is waited for
  then(
    onValue?: ((value: unknown) => unknown) | null,
    onError?: ((error: unknown) => unknown) | null,
  ): PromiseLike<never> {
    this.#onValue = onValue;
    this.#onError = onError;
    return this as PromiseLike<unknown> as PromiseLike<never>;
  }
}

function unavailable(service: string, maybeExecuted: boolean): SageError {
  const reason = "its job was stopped before the pipeline had answered";
  return new SageError("SERVICE_UNAVAILABLE", { service, method: "process", reason, maybeExecuted });
}
