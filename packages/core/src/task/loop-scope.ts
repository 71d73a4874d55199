import type { Scheduler } from "../host/scheduler.port.ts";
import type { InputTracker } from "./input-tracker.ts";
import type { Pace } from "./pace.ts";
import type { RecordRunner } from "./record-runner.ts";
import type { RunnerScope } from "./runner-scope.ts";
import type { Inbox } from "./source-inbox.ts";
import type { UnitCommitter } from "./unit-committer.ts";

/** What a loop works with. */
export interface LoopScope extends RunnerScope {
  readonly inbox: Inbox;
  readonly tracker: InputTracker;
  readonly runner: RecordRunner;
  readonly committer: UnitCommitter;
  readonly pace: Pace;
  readonly maxBatch: number;
  readonly maxBatchMs: number;
  readonly scheduler: Scheduler;
  /** Called when the loop begins to wait for input with nothing in flight; only for tasks of a feedback loop. */
  readonly onIdle?: (() => void) | undefined;
}
