import type { Load } from "../../harness/drive.ts";
import { sourceRecords } from "./source-records.ts";
import type { Steps } from "./steps.ts";
import { expectedTally, stepsInto, Tally } from "./tally.ts";
import type { Workload } from "./workload.ts";

/** Prepares `size` records. */
export function prepareLoad<R>(workload: Workload<R>, size: number): Load<R, Steps<R>> {
  const records = sourceRecords(workload, size);
  const expected = expectedTally(workload, records);
  return {
    records,
    begin() {
      const tally = new Tally();
      return { steps: stepsInto(workload, tally), verify: () => tally.mustEqual(expected) };
    },
  };
}
