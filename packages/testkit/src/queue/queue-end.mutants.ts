import type { Batch, Delivery } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { elementsOf } from "./elements.ts";
import { FakeQueue } from "./fake-queue.ts";
import { queueMutant } from "./queue-mutant.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Mutants that end wrong. */
export const queueEndMutants: readonly Mutant<QueueSubject>[] = [
  queueMutant(
    "QM-80",
    "lets a stop signal overtake records",
    ["Q-39"],
    class extends FakeQueue {
      protected override append(elements: readonly Batch[]): void {
        const stops = elements.filter((element) => element.stop !== undefined);
        this.elements.splice(this.taken, 0, ...stops);
        super.append(elements.filter((element) => element.stop === undefined));
      }
    },
  ),
  queueMutant(
    "QM-81",
    "resolves puts that wait when it is closed, and drops them",
    ["Q-12", "Q-30"],
    class extends FakeQueue {
      override close(): void {
        for (const put of this.line.splice(0)) put.resolve();
        super.close();
      }
    },
  ),
  queueMutant(
    "QM-82",
    "refuses puts that wait when it is closed, and takes them in",
    ["Q-12", "Q-30"],
    class extends FakeQueue {
      override close(): void {
        this.elements.push(...this.line.flatMap((put) => put.elements));
        super.close();
      }
    },
  ),
  queueMutant(
    "QM-83",
    "leaves puts waiting when it is closed",
    ["Q-12", "Q-30"],
    class extends FakeQueue {
      override close(): void {
        this.line = [];
        super.close();
      }
    },
  ),
  queueMutant(
    "QM-84",
    "takes in what is put after close",
    ["Q-30"],
    class extends FakeQueue {
      override put(batch: Batch, signal?: AbortSignal) {
        if (!this.closed) return super.put(batch, signal);
        this.append(elementsOf(batch));
        return undefined;
      }
    },
  ),
  queueMutant(
    "QM-85",
    "takes offers after close",
    ["Q-30"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        const { closed } = this;
        this.closed = false;
        const taken = super.offer(batch);
        this.closed = closed;
        return taken;
      }
    },
  ),
  queueMutant(
    "QM-86",
    "drops what is queued when it is closed",
    ["Q-12", "Q-30"],
    class extends FakeQueue {
      override close(): void {
        this.elements.length = this.taken;
        super.close();
      }
    },
  ),
  queueMutant(
    "QM-87",
    "cannot be closed twice",
    ["Q-30"],
    class extends FakeQueue {
      override close(): void {
        if (this.closed) throw new Error("closed already");
        super.close();
      }
    },
  ),
  queueMutant(
    "QM-88",
    "ends once and then waits for ever",
    ["Q-12", "Q-30"],
    class extends FakeQueue {
      override take(max: number, signal?: AbortSignal) {
        const ended = this.takes.some((delivery) => delivery.done);
        return ended ? new Promise<Delivery>(() => undefined) : super.take(max, signal);
      }
    },
  ),
  queueMutant(
    "QM-89",
    "never says that it is done",
    ["Q-12", "Q-30", "Q-40"],
    class extends FakeQueue {
      protected override deliver(max: number): Delivery {
        return { ...super.deliver(max), done: false };
      }
    },
  ),
  queueMutant(
    "QM-90",
    "leaves a take waiting when it is closed",
    ["Q-40"],
    class extends FakeQueue {
      override close(): void {
        this.consumer = undefined;
        super.close();
      }
    },
  ),
  queueMutant(
    "QM-91",
    "commits what is taken when it is closed",
    ["Q-50"],
    class extends FakeQueue {
      override close(): void {
        this.advance(this.committed + this.taken);
        super.close();
      }
    },
  ),
];
