import type { JsonValue } from "../errors/json.ts";
import type { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { Commit, TaskProgress } from "./commit.port.ts";
import type { DeadLetter, DeadLetterSink } from "./dead-letter.ts";
import type { JobShape } from "./job-shape.ts";
import type { StateKey } from "./state-key.ts";

/** What a task's commits work on. */
export interface CommitScope {
  /** Id of the task instance. */
  readonly node: string;
  /** Its input; advanced by each unit with a position. */
  readonly input: Pick<Queue, "advance">;
  /** Where dead letters go. */
  readonly deadLetters: DeadLetterSink;
  /** Takes what the step collects. */
  readonly collect?: (records: readonly unknown[]) => void;
  /** Takes what the step has collected before, in place of all that was taken for it so far. */
  readonly recollect?: (records: readonly unknown[]) => void;
}

/** What is kept of one task, apart from its channels: what another job can go on from. */
export interface TaskContents {
  /** Where its input stands, if that is a source; `undefined` otherwise. */
  readonly position: JsonValue | undefined;
  /** Whether it had finished. */
  readonly finished: boolean;
  /** Its cells, by table. */
  readonly tables: ReadonlyMap<string, Iterable<readonly [StateKey, unknown]>>;
}

/** Port: keeps what the tasks of one job have committed. */
export interface StateStore {
  /**
   * Begins the job, before anything else is asked of its store; called once. Where an earlier process has begun it and has not
   * ended it, it goes on from there; what is left of one that was being ended is forgotten first. Left out by stores that know
   * of no other process.
   *
   * @throws SageError `JOB_CHANGED` when it was begun in another shape; nothing is changed then.
   */
  begin?(shape: JobShape): Promise<void>;

  /**
   * Begins an incarnation of a task. From here on all earlier ones are fenced: what they commit is refused.
   *
   * @throws SageError when the store cannot be reached.
   */
  open(scope: CommitScope): MaybePromise<Commit>;

  /**
   * How far a task has come, as committed by now; `undefined` when it was never opened. A store that answers without a
   * promise tells what is true at the time of the call, and not only what was true.
   *
   * @throws SageError when the store cannot be reached.
   */
  progress(node: string): MaybePromise<TaskProgress | undefined>;

  /**
   * What a task has committed by now, as a snapshot that later commits do not change; that of an unknown task is empty.
   *
   * @throws SageError when the store cannot be reached.
   */
  contents(node: string): MaybePromise<TaskContents>;

  /**
   * Gives a task that was never opened what another job has committed; its channels begin anew.
   *
   * @throws SageError `ILLEGAL_STATE` when the task was opened before.
   */
  restore(node: string, contents: TaskContents): MaybePromise<void>;

  /**
   * Puts a batch into a queue, unless all of these tasks have finished by then: in one step, where a look at their
   * {@link progress} could be outdated when the batch arrives. The batch is numbered behind all that was put on its channel in
   * this way before, from 0, whoever has put it and whatever the store has lost meanwhile. Answers
   * the number that its first record got, and `undefined` where it was not put. In the same step the letter is forgotten that
   * the batch is made of. Left out by stores that answer that look at once.
   *
   * @throws SageError `QUEUE_CLOSED`; `FENCED` where the job is somebody else's by now.
   */
  putBefore?(
    tasks: readonly string[],
    queue: Queue,
    batch: Batch,
    letter: DeadLetter,
  ): Promise<number | undefined>;

  /** Forgets a dead letter that was committed and has been taken out, if the job is still its own; left out by stores that keep none. */
  discard?(letter: DeadLetter): MaybePromise<void>;

  /**
   * Calls back whenever it may have lost the end of what it had answered, since its server went away and came back:
   * from then on no incarnation knows what is true, also of tasks that have finished. Answers how to stop listening.
   * Left out by stores that lose nothing while they are open.
   */
  onLoss?(listener: (error: SageError) => void): () => void;

  /**
   * Whether all of these tasks have finished, as the store has it and as safe as it was asked to keep it. Asked before a
   * job is said to be completed; left out by stores that lose nothing.
   *
   * @throws SageError when the store cannot be reached.
   */
  confirm?(nodes: readonly string[]): Promise<boolean>;

  /**
   * The job is about to end: its queues are closed next, and what is kept of it will not be needed. Until then what is closed
   * stays open for another process. May be called again. Left out by stores that know of no other process.
   *
   * @throws SageError when the store cannot be reached.
   */
  ending?(): Promise<void>;

  /** The job has ended, and all of its queues are closed: nothing that is kept of it is needed any more. */
  release?(): MaybePromise<void>;

  /**
   * What another process needs to take part in the job, through {@link StateStoreFactory.join}, for as long as this store has
   * it. Left out by stores that know of no other process.
   */
  readonly pass?: string;

  /** What the step of a task has collected, as committed by now; left out by stores that keep it in their process only. */
  collected?(node: string): MaybePromise<readonly unknown[]>;

  /** The dead letters of a task, as committed by now, oldest first; left out by stores that keep them in their process only. */
  letters?(node: string): MaybePromise<readonly DeadLetter[]>;

  /** Whether an earlier process had begun the job; known once it is begun. Left out by stores that know of no other process. */
  readonly resumed?: boolean;

  /**
   * The job runs, by tasks in other processes: from here on it ends as this process says. Before that one that was begun by an
   * earlier process stays as it is, whatever becomes of it here. Left out by stores that know of no other process.
   */
  started?(): void;

  /** This process takes part in the job no longer, which goes on elsewhere. */
  leave?(): MaybePromise<void>;
}

/** Port: keeps how jobs have ended, for a time, also for other processes. */
export interface ReportShelf {
  /** Keeps a job's report, in place of an earlier one. */
  put(job: string, report: JsonValue): Promise<void>;
  /** The report that is kept; `undefined` where none is. */
  get(job: string): Promise<JsonValue | undefined>;
  /** Forgets it. */
  remove(job: string): Promise<void>;
}

/** Port: opens the store of a job. */
export interface StateStoreFactory {
  /** Its name, such as `memory`. */
  readonly kind: string;
  /**
   * Kind of the queues that move with a unit of work, in one step; what a unit puts into others is moved on behind it. Left out by
   * stores that keep nothing longer than their process.
   */
  readonly queues?: string;
  /** Keeps the reports of jobs that have ended; left out by stores that keep nothing longer than their process. */
  readonly reports?: ReportShelf;
  /** The store of the job with this id; called once per job. */
  create(job: string): StateStore;
  /**
   * The store of a job that another process has begun and will end, by the {@link StateStore.pass} of its store: tasks are
   * opened there, and nothing else is done. Left out by stores that know of no other process.
   */
  join?(job: string, pass: string): StateStore;
}
