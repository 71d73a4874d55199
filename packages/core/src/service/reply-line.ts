import type { Host } from "../host/host.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import { RequestLine, type Waiting } from "./request-line.ts";

/** What a line of replies works with. */
export interface ReplyLineScope {
  readonly host: Pick<Host, "scheduler">;
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
  /** Called for each message that cannot be sent: whoever waits for it will give up at its deadline. */
  onLost(error: unknown): void;
}

/** The way to a queue of replies, which is opened with the first of them. */
export class ReplyLine {
  readonly #scope: ReplyLineScope;
  readonly #replyTo: QueueDescriptorJson;
  #line: RequestLine<Waiting> | undefined;
  /** Messages for which the way is not open yet; `undefined` when it is being opened for none. */
  #backlog: Waiting[] | undefined;

  constructor(scope: ReplyLineScope, replyTo: QueueDescriptorJson) {
    this.#scope = scope;
    this.#replyTo = replyTo;
  }

  /** Sends a message, soon. */
  push(message: unknown): void {
    const waiting: Waiting = { message, settled: false, sent: false };
    if (this.#line !== undefined) this.#line.push(waiting);
    else if (this.#backlog !== undefined) this.#backlog.push(waiting);
    else this.#open(waiting);
  }

  #open(first: Waiting): void {
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
    const { host, onLost } = this.#scope;
    const line = new RequestLine<Waiting>({ queue, host, onFailed: (_, error) => onLost(error) });
    this.#line = line;
    for (const message of this.#backlog ?? []) line.push(message);
    this.#backlog = undefined;
  };

  readonly #onFailed = (error: unknown): void => {
    const lost = this.#backlog ?? [];
    this.#backlog = undefined;
    for (const _ of lost) this.#scope.onLost(error);
  };
}
