import type { CommitFault, FaultPlan } from "../store/faulty-stores.ts";
import type { Fault, FaultSchedule } from "./fault.ts";

/** What a schedule does to commits; where several faults meet, the first counts. `lose` lets the store lose commits. */
export function commitFaults(faults: FaultSchedule, lose: (commits: number) => void): FaultPlan {
  return () => {
    const [fault] = faults.at("commit");
    if (fault?.kind === "rollback") lose(fault.commits ?? 1);
    return fault === undefined || fault.kind === "rollback" ? undefined : commitFaultOf(fault);
  };
}

function commitFaultOf({ kind, ms = 0 }: Fault): CommitFault {
  if (kind === "ghost" || kind === "zombie") return { kind, ms };
  return kind as Extract<CommitFault, string>;
}
