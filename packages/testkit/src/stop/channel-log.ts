import assert from "node:assert/strict";
import type { Batch, Queue, QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";

interface ChannelHistory {
  next: number;
  stops: number;
}

/**
 * Watches the channels of one job from outside, on their way into the queues: each must be in order, without gaps,
 * and end with one stop signal. A sender that breaks this gets an `AssertionError` out of its queue.
 */
export class ChannelLog {
  /** Queues that were opened. */
  opened = 0;
  /** Queues that were closed. */
  closed = 0;
  /** Most records that any queue held, as a share of its capacity. */
  peakLoad = 0;
  /** `stop 3` for each stop signal on a channel, among what others {@link note}, in order. */
  readonly events: string[] = [];
  readonly #channels = new Map<number, ChannelHistory>();
  readonly #queues = new Set<Queue>();

  /** Adds something to the events. */
  note(event: string): void {
    this.events.push(event);
  }

  /** How many of the events are this one. */
  count(event: string): number {
    return this.events.filter((other) => other === event).length;
  }

  /** A driver around another one whose queues are watched. */
  watch(driver: QueueDriver, kind: string = driver.kind): QueueDriver {
    return {
      kind,
      capabilities: driver.capabilities,
      open: async (descriptor: QueueDescriptor) => {
        this.opened++;
        const queue = await driver.open(descriptor);
        this.#queues.add(queue);
        return this.#watch(queue);
      },
    };
  }

  /** Fails unless so many channels carried anything, and each ended with exactly one stop signal. */
  assertStopped(channels: number): void {
    assert.equal(this.#channels.size, channels, "channels that carried anything");
    for (const [channel, { stops }] of this.#channels)
      assert.equal(stops, 1, `stop signals on channel ${channel}`);
  }

  /** Fails unless every queue is closed and holds no record. */
  async assertReleased(): Promise<void> {
    assert.equal(this.closed, this.opened, "queues that were closed");
    for (const queue of this.#queues)
      assert.equal(await queue.size(), 0, `records left in ${queue.descriptor.id}`);
  }

  #watch(queue: Queue): Queue {
    let closed = false;
    return {
      descriptor: queue.descriptor,
      offer: (batch) => {
        const taken = queue.offer(batch);
        if (taken) this.#record(batch);
        this.#measure(queue);
        return taken;
      },
      put: (batch, signal) => {
        this.#record(batch);
        return queue.put(batch, signal);
      },
      take: (max, signal) => {
        this.#measure(queue);
        return queue.take(max, signal);
      },
      advance: (position) => queue.advance(position),
      positionAfter: (delivery, elements) => queue.positionAfter(delivery, elements),
      rewind: () => queue.rewind(),
      size: () => queue.size(),
      close: () => {
        if (!closed) this.closed++;
        closed = true;
        return queue.close();
      },
    };
  }

  #measure(queue: Queue): void {
    const size = queue.size();
    if (typeof size !== "number") return;
    this.peakLoad = Math.max(this.peakLoad, size / queue.descriptor.capacity);
    assert.ok(this.peakLoad <= 1, `queue ${queue.descriptor.id} holds more than its capacity`);
  }

  #record(batch: Batch): void {
    const { channel } = batch;
    const history = this.#channels.get(channel) ?? { next: 0, stops: 0 };
    this.#channels.set(channel, history);
    assert.equal(history.stops, 0, `channel ${channel} carries elements after its stop signal`);
    assert.equal(batch.firstSeq, history.next, `channel ${channel} has a gap or a repetition`);
    history.next += batch.elements;
    if (batch.stop === undefined) return;
    history.stops++;
    this.note(`stop ${channel}`);
  }
}
