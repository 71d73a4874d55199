import type { Scheduler } from "../host/scheduler.port.ts";
import type { StepContext } from "../operator/step-context.ts";
import type { ChannelMarks } from "../state/channel-marks.ts";
import type { InputTracker } from "./input-tracker.ts";
import type { Pace } from "./pace.ts";
import type { RecordRunner } from "./record-runner.ts";
import type { RunnerScope } from "./runner-scope.ts";
import type { SinkTransactions } from "./sink-transactions.ts";
import type { Inbox } from "./source-inbox.ts";
import type { TimedInbox } from "./timed-inbox.ts";
import type { UnitCommitter } from "./unit-committer.ts";

/** What a loop works with. */
export interface LoopScope extends RunnerScope {
  readonly inbox: Inbox;
  /** The input where it comes with timers. */
  readonly timers: TimedInbox | undefined;
  /** How far earlier incarnations had taken what is given up. */
  readonly givenUp: ChannelMarks | undefined;
  /** The two phases around the commits of a transactional sink. */
  readonly transactions: SinkTransactions | undefined;
  /** The context of the operator's hooks. */
  readonly hooks: StepContext;
  /** Whether an earlier incarnation has finished the task. */
  readonly finished: boolean;
  /** Whether it had finished in the job that this one goes on from. */
  readonly retired: boolean;
  /** What earlier incarnations committed that is not downstream yet. */
  readonly delivered: PromiseLike<void> | undefined;
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
