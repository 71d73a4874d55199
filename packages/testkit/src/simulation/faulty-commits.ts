import type { CommitFault, FaultPlan } from "../store/faulty-stores.ts";
import type { Fault, FaultSchedule } from "./fault.ts";

/** What a schedule does to commits; where several faults meet, the first counts. */
export function commitFaults(faults: FaultSchedule): FaultPlan {
  return () => {
    const [fault] = faults.at("commit");
    return fault === undefined ? undefined : commitFaultOf(fault);
  };
}

function commitFaultOf({ kind, ms = 0 }: Fault): CommitFault {
  if (kind === "ghost" || kind === "zombie") return { kind, ms };
  return kind as Extract<CommitFault, string>;
}
