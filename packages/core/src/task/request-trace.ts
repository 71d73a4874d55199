import { reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { StepRequests } from "../operator/request-access.ts";
import type { StepContext } from "../operator/step-context.ts";
import { type Batch, positionOf } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import type { Router } from "../routing/router.ts";
import { RequestShare, requestHeader, requestIn, serviceOf, shareHeader } from "../service/request-share.ts";
import type { ServiceDrop, ServiceResponse } from "../service/service-message.ts";

/** The requests that a pipeline is called with, as its tasks see them. */
export interface TaskRequests extends StepRequests {
  /** Sends an outcome to the instance that has taken the request, such as `quote#0`. */
  send(front: string, message: ServiceResponse | ServiceDrop): void;
}

/** What the trace of one task works with. */
export interface RequestTraceScope {
  readonly node: string;
  readonly operator: Operator;
  readonly router: Router;
  readonly requests: TaskRequests;
}

/** A record that a task has processed. */
export interface TracedRecord {
  readonly batch: Batch;
  readonly index: number;
  readonly input: number;
  readonly ctx: StepContext;
}

/**
 * Follows the records of requests through one task: each output gets its part of the share that its record has had, and
 * what is dropped or fails is told to those who wait for it. Records that stem from no request pass by.
 */
export class RequestTrace {
  /** Whether outputs have shares to be divided even of records that stem from no request. */
  readonly spreads: boolean;
  readonly #scope: RequestTraceScope;

  constructor(scope: RequestTraceScope) {
    const { operator, router } = scope;
    this.#scope = scope;
    const wide = router.selective || router.width(new RecordBuffer(), 0) !== 1;
    this.spreads = operator.emitsHeaders === true || (operator.shares === true && wide);
  }

  /** The outputs from `mark` on are what a record has come to; they have their headers and their targets. */
  passed({ batch, index, input, ctx }: TracedRecord, mark: number, out: RecordBuffer): void {
    const headers = batch.headers?.[index];
    const { operator, router } = this.#scope;
    const own = headers?.[requestHeader];
    if (operator.shares === true) this.#spread(mark, out);
    else this.#split(headers, mark, out);
    if (own === undefined) return;
    if (this.#passesOn(own, mark, out) || operator.retains?.(input, ctx.changedAt(index)) === true) return;
    this.#drop(batch, index, router.groups.length === 0 ? "consumed" : "filtered");
  }

  /** A record has become a dead letter. */
  failed(batch: Batch, index: number, error: unknown): void {
    const request = requestIn(batch.headers?.[index]);
    if (request === undefined) return;
    const { front, ticket: id } = request;
    const { node, requests } = this.#scope;
    const facts = { service: serviceOf(front), node, reason: reasonOf(error) };
    const failure = new SageError("SERVICE_RECORD_FAILED", facts, { cause: error });
    requests.send(front, { kind: "response", id, executionMs: 0, ok: false, error: encodeError(failure) });
  }

  /** A record has failed and is left out. */
  skipped(batch: Batch, index: number): void {
    this.#drop(batch, index, "skipped");
  }

  #drop(batch: Batch, index: number, why: string): void {
    const { node, requests } = this.#scope;
    requests.dropped(batch.headers?.[index], { node, place: positionOf(batch, index), why });
  }

  /** Whether any output goes on with a request. */
  #passesOn(request: string, mark: number, { headers = [] }: RecordBuffer): boolean {
    if (this.#scope.router.groups.length === 0) return false;
    for (let i = mark; i < headers.length; i++) if (isOf(headers[i], request)) return true;
    return false;
  }

  /**
   * Divides shares among outputs and their targets: the record's own, and those of requests that an earlier record has
   * left in the state and that are passed on now.
   */
  #split(headers: Headers | undefined, mark: number, out: RecordBuffer): void {
    const { router } = this.#scope;
    const all = out.headers ?? [];
    if (all.length === mark + 1 && router.width(out, mark) === 1) return;
    const parts = new Map<string, number>();
    for (let i = mark; i < all.length; i++) {
      const tag = all[i]?.[requestHeader];
      if (tag !== undefined) parts.set(tag, (parts.get(tag) ?? 0) + router.width(out, i));
    }
    for (let i = mark; i < all.length; i++) {
      const given = all[i];
      const tag = given?.[requestHeader];
      const count = tag === undefined ? 1 : (parts.get(tag) as number);
      if (count <= 1) continue;
      const share = RequestShare.of(isOf(headers, tag) ? headers : given).dividedBy(count);
      all[i] = { ...given, [shareHeader]: share.toString() };
    }
  }

  /** Divides the share of each output among its targets. */
  #spread(mark: number, out: RecordBuffer): void {
    const all = out.headers ?? [];
    for (let i = mark; i < out.length; i++) {
      const own = all[i];
      const width = own?.[requestHeader] === undefined ? 1 : this.#scope.router.width(out, i);
      if (width > 1) all[i] = { ...own, [shareHeader]: RequestShare.of(own).dividedBy(width).toString() };
    }
  }
}

function isOf(headers: Headers | undefined, request: string | undefined): boolean {
  return request !== undefined && headers?.[requestHeader] === request;
}
