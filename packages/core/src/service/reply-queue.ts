import { reasonOf } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import { callQueueOptions, type QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { DirectWays } from "./direct-ways.ts";
import { MessageReader } from "./message-reader.ts";

/** What queues of replies work with. */
export interface ReplyQueueScope {
  readonly host: Pick<Host, "ids" | "logger">;
  /** The live queue that a descriptor names. */
  open(descriptor: QueueDescriptorJson): MaybePromise<Queue>;
  readonly ways: DirectWays;
  /** Takes a reply. */
  readonly onReply: (message: unknown) => void;
  /** What was answered there may be lost. */
  readonly onDoubt: (replies: ReplyQueue) => void;
  /** Nobody hears what is answered there. */
  readonly onDeaf: (replies: ReplyQueue, reason: string) => void;
}

/** Replies that wait to be read. Their number is bounded by the calls that are pending, and reading never waits. */
const replyCapacity = 65_536;

/** Where the replies to this process come in that were asked for by queues of one kind: an answer goes the way of its request. */
export class ReplyQueue {
  readonly descriptor: QueueDescriptorJson;
  readonly #scope: ReplyQueueScope;
  readonly #queue: Queue;
  /** Whether reading has failed. */
  #deaf = false;

  private constructor(scope: ReplyQueueScope, descriptor: QueueDescriptorJson, queue: Queue) {
    this.descriptor = descriptor;
    this.#scope = scope;
    this.#queue = queue;
  }

  /** Opens one of this kind, and begins to read it. */
  static async open(scope: ReplyQueueScope, kind: string): Promise<ReplyQueue> {
    const id = scope.host.ids.next("replies");
    const descriptor = { kind, id, capacity: replyCapacity, options: callQueueOptions };
    const queue = await scope.open(descriptor);
    const replies = new ReplyQueue(scope, descriptor, queue);
    queue.onDoubt?.(() => scope.onDoubt(replies));
    scope.ways.add(queue, { ready: true, read: scope.onReply });
    replies.#read();
    return replies;
  }

  /** Reads on where that has failed. */
  ensureRead(): void {
    if (this.#deaf) this.#read();
  }

  /** Reads replies. When that fails, those who wait for one are let go; the next request tries again. */
  #read(): void {
    const { host, onReply, onDeaf } = this.#scope;
    this.#deaf = false;
    const onEnd = (error: unknown): void => {
      if (error === undefined) return;
      this.#deaf = true;
      const reason = `their replies cannot be read: ${reasonOf(error)}`;
      host.logger.error(() => `Calls of services are given up: ${reason}`, { error });
      onDeaf(this, reason);
    };
    new MessageReader(this.#queue, onReply, onEnd).start();
  }
}
