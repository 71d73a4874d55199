import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { StagedSink } from "../operator/transactional-sink.ts";
import type { Router } from "../routing/router.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { ChannelMarks } from "../state/channel-marks.ts";
import type { Commit } from "../state/commit.port.ts";
import type { LedgerCounts } from "../state/ledger.ts";
import type { CrashCounts } from "./crash-counts.ts";
import type { InputChannel } from "./input-tracker.ts";
import type { TaskState } from "./life-cycle.ts";
import type { FaultRules } from "./on-error.ts";
import type { BatchLimits } from "./pace.ts";
import type { TaskRequests } from "./request-trace.ts";
import type { Inbox } from "./source-inbox.ts";
import type { TaskStats, TaskTimes } from "./task-stats.ts";

/** Everything that one task instance is made of. */
export interface TaskSpec {
  /** Id of the task instance, such as `parse#0`. */
  readonly id: string;
  /** Id of the job. */
  readonly job: string;
  /** Id of the step. */
  readonly step: string;
  /** Which parallel instance this is, from 0. */
  readonly index: number;
  /** How many parallel instances the step has. */
  readonly parallelism: number;
  /** Whether every record that comes in has a key. */
  readonly seesKeys: boolean;
  /** Whether the step's output carries keys. */
  readonly keyed: boolean;
  /** Name of the strategy that spreads the records of each input. */
  readonly strategies: readonly string[];
  /** The step's logic; belongs to the task from here on. */
  readonly operator: Operator;
  /** Whether what it emits are results of the job. */
  readonly collects: boolean;
  /** Takes what it emits where it is a transactional sink. */
  readonly sink?: StagedSink<unknown> | undefined;
  /** The input. It stays as it is when the task fails: another incarnation may follow. */
  readonly inbox: Inbox;
  /** How far earlier incarnations had taken their input, where what they took is given up and not done again. */
  readonly givenUp?: ChannelMarks | undefined;
  /** The channels that lead into it. */
  readonly channels: readonly InputChannel[];
  /** Where its outputs go. */
  readonly router: Router;
  /** What it has committed, and how it commits more. */
  readonly commit: Commit;
  /** The services that it can call; left out where there are none. */
  readonly services?: ServiceManager | undefined;
  /** The requests that the pipeline is called with; left out where it takes none. */
  readonly requests?: TaskRequests | undefined;
  /** What a failing record does. */
  readonly faults: FaultRules;
  /** How often records have brought it down. */
  readonly crashes: CrashCounts;
  /** What it measures. */
  readonly stats: TaskStats;
  /** Most records of an asynchronous function in flight. */
  readonly concurrency: number;
  /** Whether outputs keep the order of the inputs. */
  readonly ordered: boolean;
  /** How long an attempt at a record may take, in ms. */
  readonly timeoutMs: number | undefined;
  /** Bounds on one unit of work. */
  readonly limits: BatchLimits;
  /** The machine, with the job's log. */
  readonly host: Host;
  /** Called when the task begins to wait for input with nothing in flight; only for tasks of a feedback loop. */
  readonly onIdle?: () => void;
}

/** How a task stands; a JSON value. */
export interface TaskReport {
  /** Id of the task instance. */
  readonly id: string;
  /** Id of its step. */
  readonly step: string;
  /** Its state. */
  readonly state: TaskState | "restarting";
  /** What became of its records. */
  readonly ledger: LedgerCounts;
  /** What it measured. */
  readonly times: TaskTimes;
  /** Records sent, by channel number. */
  readonly sent: Readonly<Record<string, number>>;
  /** Records received, by channel number. */
  readonly received: Readonly<Record<string, number>>;
  /** How often it was restarted. */
  readonly restarts: number;
  /** Whether something of it goes on that no count tells: user code, a commit, or its end. */
  readonly moving: boolean;
  /** How full its inbox is, in records; `null` for a source, and where the driver cannot tell at once. */
  readonly queue: { readonly size: number; readonly capacity: number } | null;
  /** What it waits for, if it does. */
  readonly waitsFor?: string;
}

/** What a probe of a feedback loop asks of a task; a JSON value. */
export interface LoopProbe {
  /** Whether it waits for input with nothing in flight. */
  readonly idle: boolean;
  /** Whether timers are set that have not come. */
  readonly timers: boolean;
  /** Whether every channel has stopped that leads into it from outside of its loop. */
  readonly outsideEnded: boolean;
  /** Records sent so far, by channel number. */
  readonly sent: Readonly<Record<string, number>>;
  /** Records received so far, by channel number. */
  readonly received: Readonly<Record<string, number>>;
}

/** How a task ended. */
export type TaskOutcome =
  | { readonly state: "completed" | "cancelled" }
  | {
      readonly state: "failed";
      readonly error: unknown;
      /** Whether another incarnation might do better. */
      readonly restartable: boolean;
    };

/**
 * Port: one running task instance, wherever its loop lives.
 *
 * `open` comes first, then `start`; `done` settles exactly once, after the operator was closed.
 */
export interface Task {
  /** Id of the task instance. */
  readonly id: string;
  /** Settles with the task's end; never rejects. */
  readonly done: Promise<TaskOutcome>;
  /** Opens the operator. @throws SageError `OPERATOR_FAILED` with the user's error as cause. */
  open(): Promise<void>;
  /** Starts the loop. */
  start(): void;
  /** Ends a source early, so that everything it took still arrives; no effect on other tasks. */
  drain(): void;
  /** Gives up at once: takes no further record, does not finish, closes the operator. Resolves like {@link done}. */
  cancel(): Promise<TaskOutcome>;
  /**
   * Gives this incarnation up as if it had failed with this error, which a restart may follow: takes no further record,
   * closes the operator, and leaves the input open. No effect on a task that has ended.
   */
  abandon(error: unknown): void;
  /**
   * Takes no further record and starts none; resolves when those in flight are done or wait for room. No effect on a
   * task that has ended. A second pause waits likewise.
   */
  pause(): Promise<void>;
  /** Goes on where {@link pause} stopped it, without gap or repetition; no effect on a task that is not paused. */
  resume(): void;
  /** How it stands within its feedback loop. */
  probe(): MaybePromise<LoopProbe>;
  /** Lets the timers come that are set, whether they are due or not: nothing else is left in its feedback loop. */
  hurryTimers(): void;
  /** How it stands now, as far as is known at once. */
  report(): TaskReport;
  /** Brings its report up to date; left out where it always is. */
  refresh?(): Promise<void>;
}

/** Port: decides where a task's loop lives. */
export interface TaskFactory {
  /** Its name, such as `event-loop`. */
  readonly kind: string;
  /** Makes a task that has not begun. */
  create(spec: TaskSpec): MaybePromise<Task>;
}
