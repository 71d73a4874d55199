import { Array as Arrays, type Cause, Effect, Queue, Stream } from "effect";
import type { BenchCase } from "../../harness/bench-case.ts";
import type { Reading } from "../pipeline/workload.ts";
import { instanceOf } from "./instance-of.ts";
import { INSTANCES, type KeyedSteps, keyedCase } from "./keyed-case.ts";

// Tried on one 2-core machine, in millions of records/s: `groupByKey` by instance 4.1 to 4.3; records in the queues
// (`offerAll`) 5.2; this, whole chunks in the queues, 5.8 to 8.9, with chunks of 256 and 4,096 and with `runForEachArray`
// at the end no different beyond noise.
const CHUNK_SIZE = 1024;
const CHUNKS_PER_QUEUE = 4;

type Chunks = Queue.Queue<Arrays.NonEmptyReadonlyArray<Reading>, Cause.Done>;

const openQueue: Effect.Effect<Chunks> = Queue.bounded(CHUNKS_PER_QUEUE);

/** Effect's chunked streams: each chunk is split over four bounded queues, each with a stream that counts and sinks. */
export const rate: BenchCase = keyedCase(() => ({ run }));

async function run(records: readonly Reading[], steps: KeyedSteps): Promise<void> {
  const program = Effect.gen(function* () {
    const queues: Chunks[] = [];
    while (queues.length < INSTANCES) queues.push(yield* openQueue);
    yield* Effect.all([spread(records, steps, queues), ...queues.map((queue) => count(steps, queue))], {
      concurrency: "unbounded",
      discard: true,
    });
  });
  await Effect.runPromise(program);
}

function spread(records: readonly Reading[], { first, key }: KeyedSteps, queues: readonly Chunks[]) {
  return Stream.range(0, records.length - 1, CHUNK_SIZE).pipe(
    Stream.map((index) => first(records[index] as Reading)),
    Stream.runForEachArray((chunk) => {
      const shares: Reading[][] = queues.map(() => []);
      for (const record of chunk) (shares[instanceOf(key(record))] as Reading[]).push(record);
      return Effect.forEach(queues, (queue, index) => offer(queue, shares[index] as Reading[]), {
        discard: true,
      });
    }),
    Effect.andThen(() => Effect.forEach(queues, (queue) => Queue.end(queue), { discard: true })),
  );
}

function offer(queue: Chunks, share: readonly Reading[]) {
  return Arrays.isReadonlyArrayNonEmpty(share) ? Queue.offer(queue, share) : Effect.void;
}

function count({ key, openCounter, sink }: KeyedSteps, queue: Chunks) {
  const counter = openCounter();
  return Stream.fromQueue(queue).pipe(
    Stream.flattenArray,
    Stream.map((record) => counter.count(record, key(record))),
    Stream.runFold(
      () => undefined,
      (_, counted) => sink(counted) as undefined,
    ),
  );
}
