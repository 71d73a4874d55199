import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { IdRing } from "../service/id-ring.ts";
import { RequestLine, type Waiting } from "../service/request-line.ts";
import type { ServiceCancel, ServiceResponse } from "../service/service-message.ts";
import type { ServedCall } from "./served-call.ts";

/** What the desk of one caller works with. */
export interface CallDeskScope {
  readonly host: Host;
  readonly id: string;
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
}

/** Cancellations that came before their requests are remembered up to this number; what is forgotten is only served in vain. */
const maxRemembered = 10_000;

/** What one instance of a service has to do with one of its callers: what runs for it, and the way of the replies. */
export class CallDesk {
  readonly #scope: CallDeskScope;
  readonly #replyTo: QueueDescriptorJson;
  readonly #running = new IdRing<ServedCall>();
  readonly #cancelled = new Map<number, number>();
  #replies: RequestLine<Waiting> | undefined;
  /** Replies for which the way is not open yet; `undefined` when it is being opened for none. */
  #backlog: Waiting[] | undefined;

  constructor(scope: CallDeskScope, replyTo: QueueDescriptorJson) {
    this.#scope = scope;
    this.#replyTo = replyTo;
  }

  /** The calls that run. */
  get running(): Iterable<ServedCall> {
    return this.#running.values();
  }

  /** Remembers a call that takes its time. */
  begin(call: ServedCall): void {
    this.#running.add(call.request.id, call);
  }

  /** Forgets a call that has ended. */
  end(call: ServedCall): void {
    this.#running.take(call.request.id);
  }

  /** Gives up the call that runs, or the request when it comes. */
  cancel({ id, deadline }: ServiceCancel, now: number): void {
    const call = this.#running.get(id);
    if (call !== undefined) {
      const { service, method } = call.request;
      call.abort(new SageError("SERVICE_CANCELLED", { service, method }));
      return;
    }
    if (this.#cancelled.size >= maxRemembered) this.#forget(now);
    this.#cancelled.set(id, deadline);
  }

  /** Whether a request was cancelled before it came. */
  isCancelled(id: number): boolean {
    return this.#cancelled.size > 0 && this.#cancelled.delete(id);
  }

  /** Sends a reply. */
  reply(message: ServiceResponse): void {
    const reply: Waiting = { message, settled: false, sent: false };
    if (this.#replies !== undefined) this.#replies.push(reply);
    else if (this.#backlog !== undefined) this.#backlog.push(reply);
    else this.#open(reply);
  }

  #forget(now: number): void {
    for (const [id, deadline] of this.#cancelled) if (deadline <= now) this.#cancelled.delete(id);
    for (const id of this.#cancelled.keys()) {
      if (this.#cancelled.size < maxRemembered) return;
      this.#cancelled.delete(id);
    }
  }

  #open(first: Waiting): void {
    const opened = (queue: Queue): void => {
      const { host } = this.#scope;
      const line = new RequestLine<Waiting>({ queue, host, onFailed: (_, error) => this.#lost(error) });
      this.#replies = line;
      for (const reply of this.#backlog ?? []) line.push(reply);
      this.#backlog = undefined;
    };
    this.#backlog = [first];
    try {
      const queue = this.#scope.open(this.#replyTo);
      if (isPromiseLike(queue)) queue.then(opened, (error) => this.#lost(error));
      else opened(queue);
    } catch (error) {
      this.#lost(error);
    }
  }

  /** The caller cannot be reached; it will give up at its deadline. */
  #lost(error: unknown): void {
    this.#backlog = undefined;
    const { host, id } = this.#scope;
    host.logger.warn(() => `A reply of "${id}" could not be sent: ${reasonOf(error)}`, { error });
  }
}
