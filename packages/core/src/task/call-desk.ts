import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { IdRing } from "../service/id-ring.ts";
import { ReplyLine } from "../service/reply-line.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { ServiceCancel, ServiceResponse } from "../service/service-message.ts";
import type { ServedCall } from "./served-call.ts";

/** What the desk of one caller works with. */
export interface CallDeskScope {
  readonly host: Host;
  readonly id: string;
  readonly services: Pick<ServiceManager, "ways">;
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
}

/** Cancellations that came before their requests are remembered up to this number; what is forgotten is only served in vain. */
const maxRemembered = 10_000;

/** What one instance of a service has to do with one of its callers: what runs for it, and the way of the replies. */
export class CallDesk {
  readonly #replies: ReplyLine;
  readonly #running = new IdRing<ServedCall>();
  readonly #cancelled = new Map<number, number>();

  constructor({ host, id, open, services }: CallDeskScope, replyTo: QueueDescriptorJson) {
    const onLost = (error: unknown): void =>
      host.logger.warn(() => `A reply of "${id}" could not be sent: ${reasonOf(error)}`, { error });
    this.#replies = new ReplyLine(
      { host, open, past: (queue) => services.ways.past(queue), onLost },
      replyTo,
    );
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
    const { id } = call.request;
    if (this.#running.get(id) === call) this.#running.take(id); // a request may come twice
  }

  /** Gives up the call that runs, or the request when it comes. */
  cancel({ id, deadline }: ServiceCancel, now: number): void {
    const call = this.#running.get(id);
    if (call !== undefined) {
      const { service, method } = call.request;
      call.withdraw(new SageError("SERVICE_CANCELLED", { service, method }));
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
    this.#replies.push(message);
  }

  #forget(now: number): void {
    for (const [id, deadline] of this.#cancelled) if (deadline <= now) this.#cancelled.delete(id);
    for (const id of this.#cancelled.keys()) {
      if (this.#cancelled.size < maxRemembered) return;
      this.#cancelled.delete(id);
    }
  }
}
