import assert from "node:assert/strict";
import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { Batch, Queue, QueueDescriptor, QueueDriver, Scheduler } from "@sage-kernel/core/spi";

interface ChannelHistory {
  next: number;
  stops: number;
}

/** A queue driver around the local one that checks every channel on its way in: in order, without gaps, one stop at the end. */
export class ChannelLog {
  /** Queues opened and closed. */
  opened = 0;
  closed = 0;
  /** Most records that any queue held, as a share of its capacity. */
  peakLoad = 0;
  readonly #channels = new Map<string, ChannelHistory>();

  /** Registers the driver under the kind `logged`. */
  readonly adapter: Adapter = {
    name: "logged",
    register: (container) => {
      container.register<QueueDriver>(tokens.queueDriver, {
        useFactory: (scope) => this.#driver(new LocalQueueDriver(scope.resolve<Scheduler>(tokens.scheduler))),
      });
    },
  };

  /** Fails unless every channel ended with exactly one stop signal. */
  assertStopped(channels: number): void {
    assert.equal(this.#channels.size, channels, "channels that carried anything");
    for (const [channel, { stops }] of this.#channels)
      assert.equal(stops, 1, `stop signals on channel ${channel}`);
  }

  #driver(inner: LocalQueueDriver): QueueDriver {
    return {
      kind: "logged",
      capabilities: inner.capabilities,
      open: (descriptor: QueueDescriptor) => {
        this.opened++;
        return this.#watch(inner.open(descriptor));
      },
    };
  }

  #watch(queue: Queue): Queue {
    const { descriptor } = queue;
    return {
      descriptor,
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
        this.closed++;
        return queue.close();
      },
    };
  }

  #measure(queue: Queue): void {
    this.peakLoad = Math.max(this.peakLoad, (queue.size() as number) / queue.descriptor.capacity);
    assert.ok(this.peakLoad <= 1, `queue ${queue.descriptor.id} holds more than its capacity`);
  }

  #record(batch: Batch): void {
    const channel = `${batch.channel}`;
    const history = this.#channels.get(channel) ?? { next: 0, stops: 0 };
    this.#channels.set(channel, history);
    assert.equal(history.stops, 0, `channel ${channel} carries elements after its stop signal`);
    assert.equal(batch.firstSeq, history.next, `channel ${channel} has a gap or a repetition`);
    history.next += batch.elements;
    if (batch.stop !== undefined) history.stops++;
  }
}
