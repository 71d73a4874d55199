import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeQueue } from "./fake-queue.ts";
import { fakeQueueBinding, queueMutant } from "./queue-mutant.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** A batch with some of its fields replaced. */
function altered(
  batch: Batch,
  fields: Partial<Pick<Batch, "payloads" | "keys" | "headers" | "firstSeq">>,
): Batch {
  const { channel, firstSeq, payloads, keys, headers, stop } = { ...batch, ...fields };
  return new Batch(channel, firstSeq, payloads, keys, headers, stop);
}

/** Mutants that change what records carry, or how large they may be. */
export const queueContentMutants: readonly Mutant<QueueSubject>[] = [
  queueMutant(
    "QM-01",
    "turns dates into texts",
    ["Q-01"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        const payloads = batch.payloads.map((record) => (record instanceof Date ? record.toJSON() : record));
        return super.offer(altered(batch, { payloads }));
      }
    },
  ),
  queueMutant(
    "QM-02",
    "loses the sign of zero",
    ["Q-01"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        return super.offer(
          altered(batch, { payloads: batch.payloads.map((record) => (record === 0 ? 0 : record)) }),
        );
      }
    },
  ),
  queueMutant(
    "QM-03",
    "turns keys into texts",
    ["Q-01"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        return super.offer(
          batch.keys === undefined ? batch : altered(batch, { keys: batch.keys.map(String) }),
        );
      }
    },
  ),
  queueMutant(
    "QM-04",
    "drops headers",
    ["Q-01"],
    class extends FakeQueue {
      override offer({ channel, firstSeq, payloads, keys, stop }: Batch): boolean {
        return super.offer(new Batch(channel, firstSeq, payloads, keys, undefined, stop));
      }
    },
  ),
  queueMutant(
    "QM-05",
    "numbers batches from 0 again",
    ["Q-01"],
    class extends FakeQueue {
      override offer(batch: Batch): boolean {
        return super.offer(altered(batch, { firstSeq: 0 }));
      }
    },
  ),
  queueMutant(
    "QM-06",
    "accepts records of any size",
    ["Q-02"],
    class extends FakeQueue {
      protected override checkSizes(): void {}
    },
  ),
  queueMutant(
    "QM-07",
    "closes when it refuses a record",
    ["Q-02"],
    class extends FakeQueue {
      protected override checkSizes(batch: Batch): void {
        try {
          super.checkSizes(batch);
        } catch (error) {
          this.close();
          throw error;
        }
      }
    },
  ),
  queueMutant(
    "QM-08",
    "bounds records only, not bytes",
    ["Q-38"],
    class extends FakeQueue {
      protected override bytes(): number {
        return 0;
      }
    },
  ),
  {
    ...fakeQueueBinding,
    id: "QM-09",
    title: "ignores punctuation in names",
    breaks: ["Q-32"],
    async open(names) {
      const subject = await fakeQueueBinding.open(names);
      return {
        open: (name, capacity, limits) => subject.open(name.replace(/\W/g, ""), capacity, limits),
        close: () => subject.close?.(),
      };
    },
  },
  queueMutant(
    "QM-10",
    "tells a descriptor of its own",
    ["Q-47"],
    class extends FakeQueue {
      constructor({ kind, capacity, options }: QueueDescriptor) {
        super(new QueueDescriptor({ kind, id: "queue", capacity, options }));
      }
    },
  ),
];
