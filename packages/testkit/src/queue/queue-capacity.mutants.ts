import type { Batch } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { elementsOf } from "./elements.ts";
import { FakeQueue } from "./fake-queue.ts";
import { queueMutant } from "./queue-mutant.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Mutants that count wrong. */
export const queueCapacityMutants: readonly Mutant<QueueSubject>[] = [
  queueMutant(
    "QM-40",
    "frees the room of what is taken and not committed",
    ["Q-08"],
    class extends FakeQueue {
      protected override fits(elements: readonly Batch[]): boolean {
        return this.elements.length - this.taken + elements.length <= this.descriptor.capacity;
      }
    },
  ),
  queueMutant(
    "QM-41",
    "forgets to let waiting puts in",
    ["Q-08", "Q-09", "Q-17"],
    class extends FakeQueue {
      override advance(position: number): void {
        const line = this.line.splice(0);
        super.advance(position);
        this.line.push(...line);
      }
    },
  ),
  queueMutant(
    "QM-42",
    "lets every waiting put in as soon as there is room",
    ["Q-09"],
    class extends FakeQueue {
      protected override fits(elements: readonly Batch[]): boolean {
        return this.size() < this.descriptor.capacity || (this.line.length > 1 && !super.fits(elements));
      }
    },
  ),
  queueMutant(
    "QM-43",
    "takes in a put of more than the capacity whole",
    ["Q-17", "Q-45"],
    class extends FakeQueue {
      protected override fits(elements: readonly Batch[]): boolean {
        return super.fits(elements) || elements.length > this.descriptor.capacity;
      }
    },
  ),
  queueMutant(
    "QM-44",
    "waits for room for a whole put",
    ["Q-17"],
    class extends FakeQueue {
      protected override admit(): void {
        const put = this.line[0];
        if (put === undefined || this.fits(put.elements)) super.admit();
      }
    },
  ),
  queueMutant(
    "QM-45",
    "takes in the part of an offer that fits",
    ["Q-18"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        const taken = super.offer(batch);
        if (!taken && this.line.length === 0)
          for (const element of elementsOf(batch)) if (this.fits([element])) this.append([element]);
        return taken;
      }
    },
  ),
  queueMutant(
    "QM-46",
    "lets an offer overtake a waiting put",
    ["Q-18"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        const line = this.line.splice(0);
        const taken = super.offer(batch);
        this.line.push(...line);
        return taken;
      }
    },
  ),
  queueMutant("QM-47", "takes offers and says that it cannot", ["Q-48"], class extends FakeQueue {}, [
    "bytes",
  ]),
  queueMutant(
    "QM-48",
    "frees room again when a commit is repeated",
    ["Q-16"],
    class extends FakeQueue {
      override advance(position: number): void {
        if (position <= this.committed) {
          this.elements.splice(0, 1);
          this.admit();
        } else super.advance(position);
      }
    },
  ),
  queueMutant(
    "QM-49",
    "takes an earlier position for a new one",
    ["Q-16"],
    class extends FakeQueue {
      override advance(position: number): void {
        const elements = Math.abs(position - this.committed);
        if (position < this.committed) this.committed = position - elements;
        super.advance(position);
      }
    },
  ),
  queueMutant(
    "QM-50",
    "counts only what is ready",
    ["Q-08", "Q-29"],
    class extends FakeQueue {
      override size(): number {
        return this.elements.slice(this.taken).reduce((sum, { payloads }) => sum + payloads.length, 0);
      }
    },
  ),
  queueMutant(
    "QM-51",
    "counts stop signals",
    ["Q-29", "Q-39"],
    class extends FakeQueue {
      override size(): number {
        return this.elements.length;
      }

      protected override fits(elements: readonly Batch[]): boolean {
        return this.size() + elements.length <= this.descriptor.capacity;
      }
    },
  ),
];
