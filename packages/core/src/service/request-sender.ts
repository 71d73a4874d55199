import { hasCode, isSageError, reasonOf, SageError } from "../errors/sage-error.ts";
import { decodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { keyGroup } from "../routing/key-group.ts";
import type { CallTarget, Cancellable } from "./call-scope.ts";
import { CallTable } from "./call-table.ts";
import type { DirectWays } from "./direct-ways.ts";
import { responseProblemOf } from "./message-shapes.ts";
import { OutgoingRequest, type RequestEnd } from "./outgoing-request.ts";
import { ReplyQueue } from "./reply-queue.ts";
import { RequestLine, type Waiting } from "./request-line.ts";
import type { ServiceCall } from "./service-call.ts";
import type { InstanceLines, ServiceEndpoint, ServiceEntry } from "./service-entry.ts";
import type { ServiceResponse } from "./service-message.ts";

/** What a sender of requests works with. */
export interface RequestSenderScope {
  readonly host: Host;
  /** The live queue that a descriptor names. */
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
  readonly ways: DirectWays;
}

/** Replies that no caller waits for, by why. */
export interface StrayReplies {
  /** Their call has ended, or was answered before. */
  readonly late: number;
  /** There never was such a call. */
  readonly unknown: number;
  /** They are no responses. */
  readonly invalid: number;
}

/** Sends requests, reads the replies, and ends each request once: by its reply, its deadline, or because it is given up. */
export class RequestSender {
  readonly #scope: RequestSenderScope;
  readonly #requests: CallTable<OutgoingRequest>;
  readonly #strays = { late: 0, unknown: 0, invalid: 0 };
  /** Where replies come in, by the kind of the queues. */
  readonly #replies = new Map<string, Promise<ReplyQueue>>();
  readonly #onLeave = new Set<() => void>();
  #turn = 0;

  constructor(scope: RequestSenderScope) {
    this.#scope = scope;
    this.#requests = new CallTable(scope.host, (request) => {
      this.#leave(request);
      this.#withdraw(request);
      const { service, method, timeoutMs, inDoubt } = request;
      const reason = `it, or its answer, may be lost, and nothing came within ${timeoutMs} ms`;
      request.end.reject(inDoubt ? unavailable(request, reason) : timeoutOf(service.name, method, timeoutMs));
    });
  }

  /** Requests without an answer. */
  get pending(): number {
    return this.#requests.size;
  }

  /** Replies that came for nobody. */
  get strays(): StrayReplies {
    return { ...this.#strays };
  }

  /** Opens the ways to one instance of a service, and begins to read replies. */
  async connect(endpoint: ServiceEndpoint): Promise<InstanceLines> {
    const { host } = this.#scope;
    const { requests, control } = endpoint;
    const replies = await this.#repliesBy(requests.kind);
    const onFailed = (request: OutgoingRequest, error: unknown): void => {
      if (this.#requests.settle(request.id) === undefined) return;
      this.#leave(request);
      request.end.reject(error);
    };
    const refuses = (request: OutgoingRequest): boolean => {
      if (!request.rejects) return false;
      const { service } = request;
      onFailed(
        request,
        new SageError("SERVICE_FULL", { service: service.name, capacity: requests.capacity }),
      );
      return true;
    };
    const onLost = (request: OutgoingRequest, error: unknown): void => {
      if (hasCode(error, "QUEUE_CLOSED")) onFailed(request, unavailable(request, "the service was stopped"));
      else if (isSageError(error) && error.kind === "unavailable")
        onFailed(request, unavailable(request, reasonOf(error)));
      else onFailed(request, error);
    };
    const queue = await this.#scope.open(requests);
    const line = { queue, host, reader: this.#scope.ways.past(queue), refuses, onFailed: onLost };
    const cancels = { queue: await this.#scope.open(control), host, onFailed: () => undefined };
    return {
      endpoint,
      replies,
      requests: new RequestLine(line),
      control: new RequestLine<Waiting>(cancels),
      inFlight: 0,
    };
  }

  /** Sends one request of a call; `end` hears how it ended unless it is cancelled. */
  send(
    call: ServiceCall,
    { args, idempotencyKey, headers }: Pick<CallTarget, "args" | "idempotencyKey" | "headers">,
    end: RequestEnd,
  ): Cancellable {
    const { service, method, deadline, timeoutMs, rejects, chain } = call;
    const instance = this.#choose(service, idempotencyKey);
    instance.replies.ensureRead();
    const giveUp = this.#giveUp;
    const request = new OutgoingRequest({
      service,
      instance,
      method,
      deadline,
      timeoutMs,
      rejects,
      end,
      giveUp,
    });
    this.#requests.open(request);
    instance.inFlight++;
    request.message = {
      kind: "request",
      id: request.id,
      service: service.name,
      method,
      args,
      replyTo: instance.replies.descriptor,
      deadline,
      chain,
      idempotencyKey,
      headers,
    };
    instance.requests.push(request);
    return request;
  }

  /** Resolves when no request of a service waits for an answer any more, or after so many ms. */
  async answered({ instances }: ServiceEntry, graceMs: number): Promise<void> {
    const { clock } = this.#scope.host;
    const isAnswered = (): boolean => instances.every(({ inFlight }) => inFlight === 0);
    if (graceMs <= 0 || isAnswered()) return;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(graceMs, () => done());
      const look = (): void => {
        if (isAnswered()) done();
      };
      const done = (): void => {
        timer.clear();
        this.#onLeave.delete(look);
        resolve();
      };
      this.#onLeave.add(look);
    });
  }

  /** What was sent to an instance, or was answered, may be lost: only what may run twice is sent again. */
  doubt(isMeant: (instance: InstanceLines) => boolean): void {
    for (const request of this.#requests.calls) {
      const { service, method, message, instance, rejects, sent } = request;
      if (!sent || !isMeant(instance)) continue;
      request.inDoubt = true;
      if (rejects) continue; // it could be refused, though it runs
      if (!service.rules.idempotent.has(method) && message.idempotencyKey === undefined) continue;
      instance.requests.push(request);
    }
  }

  /** Ends the requests that match: nobody will answer them. */
  drop(reason: string, matches: (request: OutgoingRequest) => boolean): void {
    for (const request of this.#requests.drain(matches)) {
      this.#leave(request);
      request.end.reject(unavailable(request, reason));
    }
  }

  /**
   * The instance with the fewest requests under way, and of several the next in turn; with a key always the same, which
   * remembers it.
   */
  #choose({ instances }: ServiceEntry, key: string | undefined): InstanceLines {
    const count = instances.length;
    if (count === 1) return instances[0] as InstanceLines;
    if (key !== undefined) return instances[keyGroup(key) % count] as InstanceLines;
    this.#turn = (this.#turn + 1) % count;
    let best = instances[this.#turn] as InstanceLines;
    for (let i = 1; i < count; i++) {
      const other = instances[(this.#turn + i) % count] as InstanceLines;
      if (other.inFlight < best.inFlight) best = other;
    }
    return best;
  }

  readonly #giveUp = (request: OutgoingRequest): void => {
    if (this.#requests.settle(request.id) === undefined) return;
    this.#leave(request);
    this.#withdraw(request);
  };

  #leave(request: OutgoingRequest): void {
    request.instance.inFlight--;
    if (this.#onLeave.size > 0) for (const look of this.#onLeave) look();
  }

  /** Tells the service that nobody waits for a request any more, unless it has never left its line. */
  #withdraw({ instance, message, deadline, sent }: OutgoingRequest): void {
    if (!sent) return;
    const { id, replyTo } = message;
    instance.control.push({
      settled: false,
      sent: false,
      message: { kind: "cancel", id, replyTo, deadline },
    });
  }

  /** Where replies to requests come in that go by queues of this kind. */
  #repliesBy(kind: string): Promise<ReplyQueue> {
    const known = this.#replies.get(kind);
    if (known !== undefined) return known;
    const opened = ReplyQueue.open(
      {
        ...this.#scope,
        onReply: this.#onReply,
        onDoubt: (replies) => this.doubt((instance) => instance.replies === replies),
        onDeaf: (replies, reason) => this.drop(reason, ({ instance }) => instance.replies === replies),
      },
      kind,
    );
    this.#replies.set(kind, opened);
    opened.catch(() => this.#replies.delete(kind)); // the next one tries again
    return opened;
  }

  readonly #onReply = (message: unknown): void => {
    const problem = responseProblemOf(message);
    if (problem !== undefined) {
      this.#strays.invalid++;
      this.#scope.host.logger.warn(() => new SageError("SERVICE_MESSAGE_INVALID", { ...problem }).message);
      return;
    }
    const response = message as ServiceResponse;
    const request = this.#requests.settle(response.id);
    if (request === undefined) {
      this.#strays[this.#requests.strayKind(response.id)]++;
      return;
    }
    this.#leave(request);
    if (response.ok) request.end.resolve(response.value);
    else request.end.reject(decodeError(response.error));
  };
}

/** The error of a call that has come to its deadline. */
export function timeoutOf(service: string, method: string, timeoutMs: number): SageError {
  return new SageError("SERVICE_TIMEOUT", { service, method, timeoutMs });
}

function unavailable({ service, method, sent }: OutgoingRequest, reason: string): SageError {
  return new SageError("SERVICE_UNAVAILABLE", { service: service.name, method, reason, maybeExecuted: sent });
}
