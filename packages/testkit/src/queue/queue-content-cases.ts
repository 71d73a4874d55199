import assert from "node:assert/strict";
import { isSageError } from "@sage-kernel/core";
import { Batch } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf, started } from "../contract/probes.ts";
import { payloads, Sender, takeAll } from "./queue-probes.ts";
import type { QueueSubject } from "./queue-subject.ts";

const bytes = Uint8Array.from(numbers(256));

const allKinds: readonly unknown[] = [
  "",
  "x",
  "ü€😀\u0000\ud83d\ude00",
  "x".repeat(65_536),
  null,
  true,
  false,
  0,
  -0,
  1.5e300,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  -(2n ** 70n),
  new Date(1_577_836_800_123),
  new Map<unknown, unknown>([
    ["a", new Map([[1, "one"]])],
    [2n, new Set(["x", 3])],
  ]),
  bytes,
  bytes.buffer,
  Float64Array.of(0.1, -0),
  Int32Array.of(-1, 2 ** 31 - 1),
  { deep: [{ map: [1, 2], when: new Date(0) }], "": undefined },
  [],
  [[], [[]]],
];

/** What records carry, and how large they may be. */
export const queueContentCases: readonly ContractCase<QueueSubject>[] = [
  {
    id: "Q-01",
    title: "take returns payloads, keys, headers and sequence numbers exactly as they were put",
    async run({ open }) {
      const queue = await open("a", 100);
      const keyKinds = ["1", 1, -0, 1n, true, null, ""];
      const keys = allKinds.map((_, i) => keyKinds[i % keyKinds.length] as string);
      const headers = allKinds.map((_, i) => (i % 2 === 0 ? { trace: `${i}` } : undefined));
      await queue.put(new Batch(7, 40, allKinds, keys, headers));

      const { batches } = await queue.take(100);

      assert.deepEqual(
        batches.flatMap((batch) => batch.payloads),
        allKinds,
      );
      assert.deepEqual(
        batches.flatMap((batch) => batch.keys),
        keys,
      );
      assert.deepEqual(
        batches.flatMap((batch) => batch.headers),
        headers,
      );
      let seq = 40;
      for (const batch of batches) {
        assert.equal(batch.channel, 7);
        assert.equal(batch.firstSeq, seq);
        seq += batch.elements;
      }
    },
  },
  {
    id: "Q-02",
    title: "a record within the limit passes, one above it is refused, and the queue stays as it was",
    needs: ["bytes"],
    async run({ open }) {
      const limits = { maxRecordBytes: 1000, maxBytes: 10_000 };
      const queue = await open("a", 10, limits);
      const sender = new Sender();
      const within = "x".repeat(600);
      await queue.put(sender.batch(within));
      const above = sender.batch("x".repeat(limits.maxRecordBytes + 1));

      const refused = await rejectionOf(() => queue.put(above));

      assert.ok(isSageError(refused), `${refused} is no error of ours`);
      assert.equal(await queue.size(), 1);
      await queue.put(sender.batch("after"));
      assert.deepEqual(await takeAll(queue, 2), [within, "after"]);
    },
  },
  {
    id: "Q-38",
    title: "a queue holds no more bytes than its limit while its consumer stands still, and nothing is lost",
    needs: ["bytes"],
    async run({ open }) {
      const queue = await open("a", 1000, { maxRecordBytes: 1000, maxBytes: 4000 });
      const records = numbers(50).map((n) => `${n}`.padStart(500, "."));
      const sender = new Sender();
      const puts = records.map((record) => started(() => queue.put(sender.batch(record))));

      for (let round = 0; round < 10; round++) {
        const size = await queue.size();
        assert.ok(size * 500 <= 4000, `${size} records of 500 bytes are more than 4000 bytes`);
        assert.deepEqual(await takeAll(queue, 5, 1), records.slice(round * 5, round * 5 + 5));
      }
      await Promise.all(puts);
    },
  },
  {
    id: "Q-32",
    title: "queues with similar names do not see each other's records",
    async run({ open }) {
      const names = ["a", "A", "a:b", "a*", "a?", "{a}", "a/../b", "a/b", "a b", "a ", "ä", "a\u0308"];
      const queues = await Promise.all(names.map((name) => open(name, 10)));
      const senders = names.map(() => new Sender());
      for (const round of numbers(2))
        await Promise.all(
          queues.map((queue, i) => queue.put((senders[i] as Sender).batch(`${names[i]}${round}`))),
        );

      const taken = await Promise.all(queues.map((queue) => queue.take(10)));

      assert.deepEqual(
        taken.map((delivery) => payloads(delivery)),
        names.map((name) => [`${name}0`, `${name}1`]),
      );
    },
  },
  {
    id: "Q-47",
    title: "a queue tells the descriptor under which it was opened",
    async run({ open }) {
      const { descriptor } = await open("some name", 12);

      assert.equal(descriptor.capacity, 12);
      assert.ok(descriptor.id.includes("some name"), `"${descriptor.id}" is another name`);
      assert.ok(descriptor.id.includes("Q-47"), `"${descriptor.id}" does not carry the case's id`);
    },
  },
];
