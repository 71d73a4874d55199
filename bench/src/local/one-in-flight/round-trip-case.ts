import type { BenchCase } from "../../harness/bench-case.ts";
import { type Load, type Runner, withSteps } from "../../harness/drive.ts";
import { rateCase } from "../../harness/rate-case.ts";
import { prepareLoad } from "../pipeline/prepare-load.ts";
import type { Steps } from "../pipeline/steps.ts";
import { type Reading, readings } from "../pipeline/workload.ts";

/** Makes the case of a contender: records per second that travel alone; a run fails where two are under way. */
export function roundTripCase(
  open: () => Runner<Reading, Steps<Reading>> | Promise<Runner<Reading, Steps<Reading>>>,
): BenchCase {
  return rateCase(open, prepareRoundTrips);
}

/** The filter keeps every record: one that it dropped would never reach the sink. */
function prepareRoundTrips(size: number): Load<Reading, Steps<Reading>> {
  return withSteps(prepareLoad({ ...readings, keep: (reading) => reading.value > 0 }, size), oneInFlight);
}

function oneInFlight<R>({ first, keep, second, sink }: Steps<R>): Steps<R> {
  let inFlight = 0;
  return {
    first(record) {
      if (++inFlight > 1) throw new Error("wrong result: a record was fed before the last one had arrived");
      return first(record);
    },
    keep,
    second,
    sink(record) {
      inFlight--;
      sink(record);
    },
  };
}
