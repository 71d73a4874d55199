import type { CommitFault, FaultPlan } from "../store/faulty-stores.ts";
import type { Fault, FaultSchedule } from "./fault.ts";

/** What a schedule does to commits; where several faults meet, the first counts. `lose` lets the store lose commits, and answers how many. */
export function commitFaults(faults: FaultSchedule, lose: (commits: number) => number): FaultPlan {
  return () => {
    const [fault] = faults.at("commit");
    if (fault === undefined) return undefined;
    if (fault.kind !== "rollback") {
      faults.strike(fault);
      return commitFaultOf(fault);
    }
    if (lose(fault.commits ?? 1) > 0) faults.strike(fault);
    return undefined;
  };
}

function commitFaultOf({ kind, ms = 0 }: Fault): CommitFault {
  if (kind === "ghost" || kind === "zombie") return { kind, ms };
  return kind as Extract<CommitFault, string>;
}
