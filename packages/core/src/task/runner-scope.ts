import type { Clock } from "../host/clock.port.ts";
import type { Cursor, Operator } from "../operator/operator.port.ts";
import type { RecordSignals } from "../operator/record-signals.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Router } from "../routing/router.ts";
import type { TaskLedger } from "../state/ledger.ts";
import type { AheadRecords } from "./ahead-records.ts";
import type { FaultPolicy } from "./fault-policy.ts";
import type { PauseGate } from "./pause-gate.ts";
import type { RequestTrace } from "./request-trace.ts";
import type { TaskStats } from "./task-stats.ts";

/** What running records works with. */
export interface RunnerScope {
  readonly node: string;
  readonly operator: Operator;
  readonly router: Router;
  /** Records that an earlier incarnation has done although it had not done all before them. */
  readonly ahead: AheadRecords;
  /** Outputs of the unit of work. */
  readonly out: RecordBuffer;
  readonly ledger: TaskLedger;
  readonly faults: FaultPolicy;
  /** Follows the records of requests; left out in jobs that take none. */
  readonly trace?: RequestTrace | undefined;
  readonly stats: TaskStats;
  readonly cursor: Cursor;
  readonly gate: PauseGate;
  /** Signals of records that need their own. */
  readonly signals: RecordSignals;
  readonly clock: Clock;
  /** Most records of an asynchronous function in flight. */
  readonly concurrency: number;
  /** Whether outputs keep the order of the inputs. */
  readonly ordered: boolean;
  /** How long an attempt at a record may take, in ms. */
  readonly timeoutMs: number | undefined;
  /** Aborted when the task gives up: no further attempt is started then. */
  readonly signal: AbortSignal;
}
