import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import {
  BaseServiceTask,
  Batch,
  type Delivery,
  isPromiseLike,
  type MaybePromise,
  type Queue,
  type QueueDescriptor,
  type QueueDriver,
  type Random,
  type Scheduler,
  SeededRandom,
  type ServiceManager,
} from "@sage-kernel/core/spi";

/** What somebody hostile has put among the replies, by what its reader has to take it for. */
export interface Forgeries {
  invalid: number;
  unknown: number;
  /** Copies of true replies; of a reply and its copies one may be the first. */
  copies: number;
}

/** Messages that are no responses; some have the id of a call that waits. */
const junk: readonly ((id: number) => unknown)[] = [
  () => null,
  () => "response",
  () => [],
  (id) => ({ id, ok: true, value: "forged" }),
  (id) => ({ kind: "request", id, ok: true, executionMs: 1, value: "forged" }),
  (id) => ({ kind: "response", id, executionMs: 1, value: "forged" }),
  (id) => ({ kind: "response", id, ok: true, value: "forged" }),
  (id) => ({ kind: "response", id, ok: false, executionMs: 1 }),
  (id) => ({ kind: "response", id, ok: false, executionMs: 1, error: { name: "Error" } }),
  (id) => ({ kind: "response", id: `${id}`, ok: true, executionMs: 1, value: "forged" }),
  (id) => ({ kind: "response", id: -1 - id, ok: true, executionMs: 1, value: "forged" }),
  (id) => JSON.parse(`{"kind":"response","__proto__":{"id":${id},"ok":true,"executionMs":1}}`) as unknown,
];

/**
 * Who is at the queues: nobody, so that messages may pass them by; somebody who only looks; or somebody who doubles,
 * shuffles and forges replies.
 */
export type Watcher = "nobody" | "honest" | "hostile";

/** Local queues that somebody watches, and the services that run on them. */
export class WatchedServices {
  readonly forgeries: Forgeries = { invalid: 0, unknown: 0, copies: 0 };
  /** Requests that the services have taken from their queues. */
  requests = 0;
  /** Ids of the requests that were sent, and of those that were cancelled. */
  readonly sent = new Set<number>();
  readonly cancelled = new Set<number>();
  /** Every instance of a service that was made. */
  readonly tasks: BaseServiceTask[] = [];
  /** The calling side of the runtime; set once a service was made. */
  manager!: ServiceManager;
  readonly #random: Random;
  readonly #watcher: Watcher;
  readonly #earlier: unknown[] = [];

  constructor(seed: number, watcher: Watcher) {
    this.#random = new SeededRandom(seed).fork("hostile");
    this.#watcher = watcher;
  }

  /** Registered under the kind `watched`. */
  readonly adapter: Adapter = {
    name: "watched",
    register: (container) => {
      container.register<QueueDriver>(tokens.queueDriver, {
        useFactory: (scope) => this.#driver(new LocalQueueDriver(scope.resolve<Scheduler>(tokens.scheduler))),
      });
      const create = (spec: ConstructorParameters<typeof BaseServiceTask>[0]): BaseServiceTask => {
        const task = new BaseServiceTask(spec);
        this.manager = spec.services;
        this.tasks.push(task);
        return task;
      };
      container.register(tokens.serviceTaskFactory, { useValue: { kind: "watched", create } });
    },
  };

  #driver(inner: LocalQueueDriver): QueueDriver {
    const open = (descriptor: QueueDescriptor): Queue => {
      const queue = inner.open(descriptor);
      const { id } = descriptor;
      if (this.#watcher === "nobody") return queue;
      if (id.endsWith("/requests")) {
        return new WatchedQueue(queue, { onTake: this.#count, onPut: noteIn(this.sent) });
      }
      if (id.endsWith("/control")) return new WatchedQueue(queue, { onPut: noteIn(this.cancelled) });
      if (this.#watcher === "honest" || !id.startsWith("replies")) return queue;
      return new WatchedQueue(queue, { onPut: this.#forge });
    };
    return { kind: "watched", capabilities: inner.capabilities, open };
  }

  readonly #count = (delivery: Delivery): Delivery => {
    for (const { payloads } of delivery.batches) this.requests += payloads.length;
    return delivery;
  };

  readonly #forge = ({ channel, firstSeq, payloads }: Batch): Batch => {
    const random = this.#random;
    const out: unknown[] = [];
    const add = (message: unknown): void => void out.splice(random.integer(out.length + 1), 0, message);
    for (const reply of payloads) {
      const { id } = reply as { readonly id: number };
      const before = random.integer(6);
      if (before === 0) {
        this.forgeries.invalid++;
        add(junk[random.integer(junk.length)]?.(id));
      } else if (before === 1) {
        this.forgeries.unknown++;
        add({ kind: "response", id: 1_000_000 + id, ok: true, executionMs: 1, value: "forged" });
      }
      add(reply);
      this.#earlier.push(reply);
      if (random.integer(3) > 0) continue;
      this.forgeries.copies++;
      add(this.#earlier[random.integer(this.#earlier.length)]);
    }
    return new Batch(channel, firstSeq, out);
  };
}

/** Notes the ids of the messages that are put. */
function noteIn(ids: Set<number>): (batch: Batch) => Batch {
  return (batch) => {
    for (const message of batch.payloads) ids.add((message as { readonly id: number }).id);
    return batch;
  };
}

interface Watch {
  onPut?(batch: Batch): Batch;
  onTake?(delivery: Delivery): Delivery;
}

/** A queue that somebody watches, or changes what is put into it. */
class WatchedQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly #inner: Queue;
  readonly #watch: Watch;

  constructor(inner: Queue, watch: Watch) {
    this.descriptor = inner.descriptor;
    this.#inner = inner;
    this.#watch = watch;
  }

  offer(batch: Batch): boolean {
    return this.#inner.offer(this.#watch.onPut?.(batch) ?? batch);
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    return this.#inner.put(this.#watch.onPut?.(batch) ?? batch, signal);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    const taken = this.#inner.take(max, signal);
    const { onTake } = this.#watch;
    if (onTake === undefined) return taken;
    return isPromiseLike(taken) ? taken.then(onTake) : onTake(taken);
  }

  advance(position: Delivery["position"]): MaybePromise<void> {
    return this.#inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): Delivery["position"] {
    return this.#inner.positionAfter(delivery, elements);
  }

  rewind(): MaybePromise<void> {
    return this.#inner.rewind();
  }

  size(): MaybePromise<number> {
    return this.#inner.size();
  }

  close(): MaybePromise<void> {
    return this.#inner.close();
  }
}
