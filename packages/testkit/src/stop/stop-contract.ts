import type { Contract } from "../contract/contract.ts";
import { stopEarlyCases } from "./stop-early-cases.ts";
import { stopEndCases } from "./stop-end-cases.ts";
import type { StopSubject } from "./stop-subject.ts";

/** The stop protocol: how pipelines end, whatever their tasks and queues are. */
export const stopContract: Contract<StopSubject> = {
  name: "Stop protocol",
  cases: [...stopEndCases, ...stopEarlyCases],
};
