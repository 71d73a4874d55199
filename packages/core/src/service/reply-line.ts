import { encodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { DirectReader } from "./direct-ways.ts";
import { isOfOneMessage } from "./message-fault.ts";
import { RequestLine, type Waiting } from "./request-line.ts";
import type { ServiceDrop, ServiceResponse } from "./service-message.ts";

/** What a line of replies works with. */
export interface ReplyLineScope {
  readonly host: Pick<Host, "scheduler">;
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
  /** Who reads a queue, if messages may pass it by. */
  past?(queue: Queue): DirectReader | undefined;
  /** Called for each message that cannot be sent: whoever waits for it will give up at its deadline. */
  onLost(error: unknown): void;
}

interface WaitingReply extends Waiting {
  readonly message: ServiceResponse | ServiceDrop;
}

/**
 * The way to a queue of replies, which is opened with the first of them. Where a result turns out to be no data, or too large, its
 * caller gets that as an error.
 */
export class ReplyLine {
  readonly #scope: ReplyLineScope;
  readonly #replyTo: QueueDescriptorJson;
  #line: RequestLine<WaitingReply> | undefined;
  #reader: DirectReader | undefined;
  /** Messages for which the way is not open yet; `undefined` when it is being opened for none. */
  #backlog: WaitingReply[] | undefined;

  constructor(scope: ReplyLineScope, replyTo: QueueDescriptorJson) {
    this.#scope = scope;
    this.#replyTo = replyTo;
  }

  /** Sends a message, soon. */
  push(message: ServiceResponse | ServiceDrop): void {
    if (this.#reader?.ready === true) {
      this.#reader.read(message);
      return;
    }
    const waiting: WaitingReply = { message, settled: false, sent: false };
    if (this.#line !== undefined) this.#line.push(waiting);
    else if (this.#backlog !== undefined) this.#backlog.push(waiting);
    else this.#open(waiting);
  }

  #open(first: WaitingReply): void {
    this.#backlog = [first];
    try {
      const queue = this.#scope.open(this.#replyTo);
      if (isPromiseLike(queue)) queue.then(this.#onOpen, this.#onFailed);
      else this.#onOpen(queue);
    } catch (error) {
      this.#onFailed(error);
    }
  }

  readonly #onOpen = (queue: Queue): void => {
    const { host, onLost, past } = this.#scope;
    const onFailed = ({ message }: WaitingReply, error: unknown): void => {
      if (isOfOneMessage(error) && message.kind === "response" && message.ok) {
        const { kind, id, executionMs } = message;
        this.push({ kind, id, executionMs, ok: false, error: encodeError(error) });
      } else onLost(error);
    };
    const line = new RequestLine<WaitingReply>({ queue, host, onFailed });
    this.#line = line;
    this.#reader = past?.(queue);
    for (const message of this.#backlog ?? []) line.push(message);
    this.#backlog = undefined;
  };

  readonly #onFailed = (error: unknown): void => {
    const lost = this.#backlog ?? [];
    this.#backlog = undefined;
    for (const _ of lost) this.#scope.onLost(error);
  };
}
