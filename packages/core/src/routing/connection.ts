import { SageError } from "../errors/sage-error.ts";
import { Batch } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { StopSignal } from "../packet/stop-signal.ts";
import type { Queue } from "../queue/queue.port.ts";
import { sizeNow } from "../queue/size-now.ts";

/** A batch on its way to a queue. */
export interface Output {
  readonly queue: Queue;
  readonly batch: Batch;
  /** Who sends it. */
  readonly connection: Connection;
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

/** How far a channel has come. */
export interface ChannelSent {
  /** Records sent. */
  readonly records: number;
  /** Whether its stop signal was sent. */
  readonly stopped: boolean;
}

const unsent: ChannelSent = { records: 0, stopped: false };

/** A router's view of one target: the sending end of one channel. It numbers the channel's elements from 0. */
export class Connection {
  readonly target: ConnectionTarget;
  #nextSeq: number;
  #stopped: boolean;

  /** `sent` is how far the channel has come already, where its sender starts over. */
  constructor(target: ConnectionTarget, sent: ChannelSent = unsent) {
    this.target = target;
    this.#stopped = sent.stopped;
    this.#nextSeq = sent.records + (sent.stopped ? 1 : 0);
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
    const { queue } = this.target;
    return (sizeNow(queue) ?? 0) / queue.descriptor.capacity;
  }

  /** The next batch of this channel, which takes over the arrays. @throws SageError `ILLEGAL_STATE` after the stop. */
  send(
    payloads: readonly unknown[],
    keys: readonly PartitionKey[] | undefined,
    headers: readonly (Headers | undefined)[] | undefined,
  ): Output {
    if (this.#stopped) throw this.#stoppedError();
    const kept = this.target.keyed ? keys : undefined;
    const batch = new Batch(this.target.channel, this.#nextSeq, payloads, kept, headers, undefined);
    this.#nextSeq += payloads.length;
    return { queue: this.target.queue, batch, connection: this };
  }

  /** Forgets a batch that was made and could not be put anywhere: it was not sent. */
  takeBack(batch: Batch): void {
    this.#nextSeq -= batch.elements;
    if (batch.stop !== undefined) this.#stopped = false;
  }

  /** The channel has come so far, in records, as somebody else has numbered them. */
  reached(records: number): void {
    this.#nextSeq = Math.max(this.#nextSeq, records);
  }

  /** The channel's last batch. @throws SageError `ILLEGAL_STATE` when it was sent before. */
  stop(signal: StopSignal): Output {
    if (this.#stopped) throw this.#stoppedError();
    const batch = new Batch(this.target.channel, this.#nextSeq, [], undefined, undefined, signal);
    this.#nextSeq += 1;
    this.#stopped = true;
    return { queue: this.target.queue, batch, connection: this };
  }

  #stoppedError(): SageError {
    const what = `Channel ${this.target.channel} to "${this.target.step}#${this.target.index}"`;
    return new SageError("ILLEGAL_STATE", { what, from: "its stop signal", to: "further elements" });
  }
}
