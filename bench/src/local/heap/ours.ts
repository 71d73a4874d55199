import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { BenchCase } from "../../harness/bench-case.ts";
import { expectedTally, stepsInto, Tally } from "../pipeline/tally.ts";
import { readings } from "../pipeline/workload.ts";

const BYTES_PER_MB = 1_000_000;

/**
 * How much the heap grows between a tenth of the records and all of them, in MB. The source looks at the heap itself,
 * so that both looks happen in the same state of the same running job.
 */
export const growth: BenchCase = async ({ size }) => {
  let earlyMb = Number.NaN;
  let lateMb = Number.NaN;
  function* source() {
    for (let index = 0; index < size; index++) {
      if (index === size / 10) earlyMb = collectedHeapMb();
      yield readings.make(index);
    }
    lateMb = collectedHeapMb();
  }

  const tally = new Tally();
  const { first, keep, second, sink } = stepsInto(readings, tally);
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  const env = runtime.environment("bench");
  env.fromBatch(source()).map(first).filter(keep).map(second).sink(sink);
  const job = await env.submit();
  await job.done;
  await runtime.close();

  tally.mustEqual(expectedTally(readings, numbered(size)));
  return { value: lateMb - earlyMb, extras: { earlyMb, lateMb } };
};

function* numbered(size: number) {
  for (let index = 0; index < size; index++) yield readings.make(index);
}

function collectedHeapMb(): number {
  if (globalThis.gc === undefined) throw new Error("this case needs --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed / BYTES_PER_MB;
}
