import type { Operator } from "../operator/operator.port.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Router } from "../routing/router.ts";
import type { TaskLedger } from "../state/ledger.ts";
import type { FaultPolicy } from "./fault-policy.ts";

/** What a runner works with. */
export interface RunnerScope {
  readonly operator: Operator;
  readonly router: Router;
  readonly out: RecordBuffer;
  readonly ledger: TaskLedger;
  readonly faults: FaultPolicy;
  /** Most records of an asynchronous function in flight. */
  readonly concurrency: number;
  /** Aborted when the task gives up: no further record is started then. */
  readonly signal: AbortSignal;
}
