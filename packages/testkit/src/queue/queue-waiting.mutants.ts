import type { Batch, Delivery } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeQueue } from "./fake-queue.ts";
import { queueMutant } from "./queue-mutant.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Mutants that wait, wake or abort wrong. */
export const queueWaitingMutants: readonly Mutant<QueueSubject>[] = [
  queueMutant(
    "QM-60",
    "does not abort a put that waits",
    ["Q-10", "Q-45"],
    class extends FakeQueue {
      override put(batch: Batch) {
        return super.put(batch);
      }
    },
  ),
  queueMutant(
    "QM-61",
    "rejects an aborted put and keeps what it wanted to put",
    ["Q-10", "Q-45"],
    class extends FakeQueue {
      protected override abandon(put: (typeof this.line)[number], reason: unknown): void {
        put.reject(reason);
      }
    },
  ),
  queueMutant(
    "QM-62",
    "takes back what an aborted put had already put",
    ["Q-45"],
    class extends FakeQueue {
      protected override abandon(put: (typeof this.line)[number], reason: unknown): void {
        const channel = put.elements[0]?.channel;
        this.elements = this.elements.filter((element) => element.channel !== channel);
        super.abandon(put, reason);
      }
    },
  ),
  queueMutant(
    "QM-63",
    "rejects with an error of its own when it is aborted",
    ["Q-10", "Q-45"],
    class extends FakeQueue {
      protected override abandon(put: (typeof this.line)[number]): void {
        super.abandon(put, new Error("aborted"));
      }
    },
  ),
  queueMutant(
    "QM-64",
    "answers a take with nothing when it is empty",
    ["Q-13", "Q-40"],
    class extends FakeQueue {
      override take(max: number, signal?: AbortSignal) {
        const empty = this.elements.length === this.taken && !this.closed;
        return empty ? this.deliver(max) : super.take(max, signal);
      }
    },
  ),
  queueMutant(
    "QM-65",
    "does not abort a take that waits",
    ["Q-13", "Q-34"],
    class extends FakeQueue {
      override take(max: number) {
        return super.take(max);
      }
    },
  ),
  queueMutant(
    "QM-66",
    "hands the next records to a take that was aborted",
    ["Q-13", "Q-34"],
    class extends FakeQueue {
      override take(max: number, signal?: AbortSignal) {
        const taking = super.take(max);
        if (signal === undefined) return taking;
        return new Promise<Delivery>((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          Promise.resolve(taking).then(resolve, reject);
        });
      }
    },
  ),
  queueMutant(
    "QM-67",
    "delivers to a take that is aborted a moment later, and rejects it",
    ["Q-43"],
    class extends FakeQueue {
      override async take(max: number, signal?: AbortSignal) {
        const delivery = await super.take(max, signal);
        signal?.throwIfAborted();
        return delivery;
      }
    },
  ),
  queueMutant(
    "QM-68",
    "lets a second take push the first one out",
    ["Q-44"],
    class extends FakeQueue {
      override take(max: number, signal?: AbortSignal) {
        this.consumer = undefined;
        return super.take(max, signal);
      }
    },
  ),
  queueMutant(
    "QM-69",
    "never takes its listeners off",
    ["Q-49"],
    class extends FakeQueue {
      protected override onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
        super.onAbort(signal, callback);
        return () => undefined;
      }
    },
  ),
  queueMutant(
    "QM-70",
    "leaves a listener on the signal of an aborted take",
    ["Q-34"],
    class extends FakeQueue {
      override take(max: number, signal?: AbortSignal) {
        signal?.addEventListener("abort", () => undefined);
        return super.take(max, signal);
      }
    },
  ),
  queueMutant(
    "QM-71",
    "does not wake a take",
    ["Q-13"],
    class extends FakeQueue {
      protected override append(elements: readonly Batch[]): void {
        this.elements.push(...elements);
      }
    },
  ),
];
