import { Batch, type Delivery, SeededRandom } from "@sage-kernel/core/spi";
import { expect, test } from "vitest";
import { ShakyNetwork } from "../test-support/shaky-network.ts";

const seeds = process.env.SAGE_DEEP === "1" ? 3000 : 150;
const records = 60;

/** Two producers and a consumer, each a client of its own, over connections that break at any moment. */
async function run(seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  const network = new ShakyNetwork(random);
  const capacity = 1 + random.integer(12);
  const [one, two, reader] = [
    await network.queue("q", capacity),
    await network.queue("q", capacity),
    await network.queue("q", capacity),
  ];
  const sent = [one, two].map(async (queue, channel) => {
    for (let from = 0; from < records; ) {
      const size = Math.min(records - from, 1 + random.integer(9));
      const payloads = Array.from({ length: size }, (_, i) => from + i);
      await queue.put(new Batch(channel, from, payloads));
      from += size;
    }
    await queue.put(new Batch(channel, records, [], undefined, undefined, { source: "s", time: 0 }));
  });
  const came = [0, 0];
  let ends = 0;
  const take = (delivery: Delivery): void => {
    for (const { channel, firstSeq, payloads, stop } of delivery.batches) {
      if (firstSeq !== came[channel]) throw new Error(`seed ${seed}: ${firstSeq} behind ${came[channel]}`);
      came[channel] = firstSeq + payloads.length;
      if (stop !== undefined) ends++;
    }
  };
  const consumed = (async () => {
    while (ends < 2) {
      const delivery = await reader.take(1 + random.integer(7));
      if (random.integer(8) === 0) {
        reader.rewind(); // a consumer that starts over gets what it has not committed again
        continue;
      }
      take(delivery);
      reader.advance(delivery.position);
    }
  })();
  let over = false;
  void Promise.all([...sent, consumed]).then(
    () => {
      over = true;
    },
    (error) => {
      throw error;
    },
  );
  const inside = await network.made.queues.find("q");
  for (let steps = 0; !over; steps++) {
    if (steps > 200_000) throw new Error(`seed ${seed}: nothing moves at ${came}`);
    await network.step();
    // Credit that could not be called back may come on top of what others have had of it.
    if ((inside?.size() ?? 0) > 3 * capacity)
      throw new Error(`seed ${seed}: ${inside?.size()} of ${capacity}`);
  }
  await consumed;
  expect(came).toEqual([records, records]);
  const faults = [...network.made.hub.faults.keys()].filter((reason) => reason !== "takenOver");
  expect([seed, faults]).toEqual([seed, []]);
  return network.cuts;
}

test(`records arrive once and in order over connections that break at any moment (${seeds} seeds)`, async () => {
  let cuts = 0;
  for (let seed = 1; seed <= seeds; seed++) cuts += await run(seed);
  expect(cuts).toBeGreaterThan(seeds); // each has had some
});
