import type { Batch, Delivery } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeQueue } from "./fake-queue.ts";
import { queueMutant } from "./queue-mutant.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Mutants that change the order, lose or double. */
export const queueOrderMutants: readonly Mutant<QueueSubject>[] = [
  queueMutant(
    "QM-20",
    "puts what comes before what is ready",
    ["Q-03"],
    class extends FakeQueue {
      protected override append(elements: readonly Batch[]): void {
        this.elements.splice(this.taken, 0, ...elements);
        this.wake();
      }
    },
  ),
  queueMutant(
    "QM-21",
    "doubles the last record of a put that waited",
    ["Q-03", "Q-04"],
    class extends FakeQueue {
      protected override admit(): void {
        const put = this.line[0];
        const last = put?.elements.at(-1);
        super.admit();
        if (last !== undefined && put !== this.line[0]) this.append([last]);
      }
    },
  ),
  queueMutant(
    "QM-22",
    "lets the newest waiting put in first",
    ["Q-09", "Q-37"],
    class extends FakeQueue {
      protected override lineUp(put: (typeof this.line)[number]): void {
        this.line.unshift(put);
      }
    },
  ),
  queueMutant(
    "QM-23",
    "ignores max",
    ["Q-14"],
    class extends FakeQueue {
      protected override deliver(): Delivery {
        return super.deliver(Number.POSITIVE_INFINITY);
      }
    },
  ),
  queueMutant(
    "QM-24",
    "waits for max",
    ["Q-14"],
    class extends FakeQueue {
      override take(max: number, signal?: AbortSignal) {
        const ready = this.elements.length - this.taken;
        return ready > 0 && ready < max ? new Promise<Delivery>(() => undefined) : super.take(max, signal);
      }
    },
  ),
  queueMutant(
    "QM-25",
    "delivers again behind what is ready",
    ["Q-15"],
    class extends FakeQueue {
      override rewind(): void {
        this.elements.push(...this.elements.splice(0, this.taken));
        super.rewind();
      }
    },
  ),
  queueMutant(
    "QM-26",
    "never delivers again",
    ["Q-15", "Q-50"],
    class extends FakeQueue {
      override rewind(): void {}
    },
  ),
  queueMutant(
    "QM-27",
    "commits what was taken when it rewinds",
    ["Q-15", "Q-42"],
    class extends FakeQueue {
      override rewind(): void {
        this.advance(this.committed + this.taken);
      }
    },
  ),
  queueMutant(
    "QM-28",
    "lets a take wait although rewind brought records",
    ["Q-41"],
    class extends FakeQueue {
      override rewind(): void {
        this.taken = 0;
      }
    },
  ),
  queueMutant(
    "QM-29",
    "commits whole deliveries only",
    ["Q-42", "Q-46"],
    class extends FakeQueue {
      override positionAfter({ position }: Delivery): number {
        return position as number;
      }
    },
  ),
  queueMutant(
    "QM-30",
    "does not count the stop signal as an element",
    ["Q-46"],
    class extends FakeQueue {
      override positionAfter(delivery: Delivery, elements: number): number {
        const stops = delivery.batches.filter((batch) => batch.stop !== undefined).length;
        return super.positionAfter(delivery, elements) + stops;
      }
    },
  ),
  queueMutant(
    "QM-31",
    "changes places of records that are put one by one while it is full",
    ["Q-37"],
    class extends FakeQueue {
      protected override lineUp(put: (typeof this.line)[number]): void {
        const even = this.line.length % 2 === 0;
        this.line.splice(even ? this.line.length : this.line.length - 1, 0, put);
      }
    },
  ),
];
