import { Batch } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { StopSignal } from "../packet/stop-signal.ts";
import type { Queue } from "../queue/queue.port.ts";

/** A batch on its way to a queue. */
export interface Output {
  readonly queue: Queue;
  readonly batch: Batch;
}

/** Where a connection leads. */
export interface ConnectionTarget {
  /** Id of the downstream step. */
  readonly step: string;
  /** Parallel index of the downstream instance. */
  readonly index: number;
  /** Which input of the downstream step it feeds. */
  readonly inputIndex: number;
  /** Whether the downstream step sees keys; otherwise they are dropped here. */
  readonly keyed: boolean;
  /** Channel number in the graph. */
  readonly channel: number;
  /** The downstream instance's inbox. */
  readonly queue: Queue;
}

/** A router's view of one target: the sending end of one channel. It numbers the channel's elements from 0. */
export class Connection {
  readonly target: ConnectionTarget;
  #nextSeq = 0;
  #stopped = false;

  constructor(target: ConnectionTarget) {
    this.target = target;
  }

  /** Records sent so far. */
  get sent(): number {
    return this.#stopped ? this.#nextSeq - 1 : this.#nextSeq;
  }

  /** True once the stop signal was sent. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** How full the target's inbox is, from 0 to 1; 0 when the driver cannot tell at once. */
  bufferLoad(): number {
    const size = this.target.queue.size();
    return typeof size === "number" ? size / this.target.queue.descriptor.capacity : 0;
  }

  /** The next batch of this channel, which takes over the arrays. */
  send(
    payloads: readonly unknown[],
    keys: readonly PartitionKey[] | undefined,
    headers: readonly (Headers | undefined)[] | undefined,
  ): Output {
    const kept = this.target.keyed ? keys : undefined;
    const batch = new Batch(this.target.channel, this.#nextSeq, payloads, kept, headers, undefined);
    this.#nextSeq += payloads.length;
    return { queue: this.target.queue, batch };
  }

  /** The channel's last batch. */
  stop(signal: StopSignal): Output {
    const batch = new Batch(this.target.channel, this.#nextSeq, [], undefined, undefined, signal);
    this.#nextSeq += 1;
    this.#stopped = true;
    return { queue: this.target.queue, batch };
  }
}
