import { reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { RequestScopes } from "../operator/request-access.ts";
import type { StepContext } from "../operator/step-context.ts";
import { type Batch, positionOf } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import type { Router } from "../routing/router.ts";
import { RequestShare, requestHeader, requestIn, serviceOf, shareHeader } from "../service/request-share.ts";
import type { ServiceDrop, ServiceResponse } from "../service/service-message.ts";

/** Tells those who wait for the answer to a request what has become of its records. */
export interface RequestOutcomes {
  /** Sends an outcome to the instance that has taken the request, such as `quote#0`. */
  send(front: string, message: ServiceResponse | ServiceDrop): void;
}

/** The requests that a pipeline is called with, as its tasks see them. */
export interface TaskRequests extends RequestOutcomes, RequestScopes {}

/** What the trace of one task works with. */
export interface RequestTraceScope {
  readonly node: string;
  readonly operator: Operator;
  readonly router: Router;
  readonly outcomes: RequestOutcomes;
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
    this.spreads =
      operator.shares === true && (router.selective || router.width(new RecordBuffer(), 0) !== 1);
  }

  /** The outputs from `mark` on are what a record has come to; they have their headers and their targets. */
  passed({ batch, index, input, ctx }: TracedRecord, mark: number, out: RecordBuffer): void {
    const headers = batch.headers?.[index];
    if (headers?.[requestHeader] === undefined) {
      if (this.spreads) this.#spread(mark, out);
      return;
    }
    const { operator, router } = this.#scope;
    if (out.length === mark) {
      if (operator.retains?.(input, ctx.changedAt(index)) === true) return;
      this.#drop(batch, index, router.groups.length === 0 ? "consumed" : "filtered");
    } else if (router.groups.length === 0) {
      this.#drop(batch, index, "consumed");
    } else if (operator.shares === true) {
      this.#spread(mark, out);
    } else if (!this.#split(headers, mark, out)) {
      this.#drop(batch, index, "given other headers");
    }
  }

  /** A record has become a dead letter. */
  failed(batch: Batch, index: number, error: unknown): void {
    const request = requestIn(batch.headers?.[index]);
    if (request === undefined) return;
    const { front, ticket: id } = request;
    const { node, outcomes } = this.#scope;
    const facts = { service: serviceOf(front), node, reason: reasonOf(error) };
    const failure = new SageError("SERVICE_RECORD_FAILED", facts, { cause: error });
    outcomes.send(front, { kind: "response", id, executionMs: 0, ok: false, error: encodeError(failure) });
  }

  /** A record has failed and is left out. */
  skipped(batch: Batch, index: number): void {
    this.#drop(batch, index, "skipped");
  }

  #drop(batch: Batch, index: number, why: string): void {
    const headers = batch.headers?.[index];
    const request = requestIn(headers);
    if (request === undefined) return;
    const { front, ticket: id } = request;
    const { node, outcomes } = this.#scope;
    const share = RequestShare.of(headers).toString();
    outcomes.send(front, {
      kind: "drop",
      id,
      share,
      place: `${node}/${positionOf(batch, index)}`,
      node,
      why,
    });
  }

  /** Divides a record's share among its outputs and their targets; answers whether there is one of the same request. */
  #split(headers: Headers, mark: number, out: RecordBuffer): boolean {
    const { router } = this.#scope;
    const all = out.headers ?? [];
    let parts = 0;
    for (let i = mark; i < out.length; i++)
      if (all[i]?.[requestHeader] === headers[requestHeader]) parts += router.width(out, i);
    if (parts <= 1) return parts === 1;
    const share = RequestShare.of(headers).dividedBy(parts).toString();
    const same = { ...headers, [shareHeader]: share };
    for (let i = mark; i < out.length; i++) {
      const own = all[i];
      if (own === headers) all[i] = same;
      else if (own?.[requestHeader] === headers[requestHeader]) all[i] = { ...own, [shareHeader]: share };
    }
    return true;
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
