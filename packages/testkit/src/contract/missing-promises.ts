/** A promise that a contract does not ask for. */
export interface MissingPromise {
  /** Id of the case that it would be, or belongs to. */
  readonly id: string;
  /** The promise, as a sentence in the present tense. */
  readonly title: string;
  /** Why no case holds anybody to it. */
  readonly reason: string;
}

const missing = (id: string, title: string, reason: string): MissingPromise => ({ id, title, reason });

const ofWorkers = "a matter of jobs in workers, whose contract has a case of this id";
const noLeases = "needs owners with leases: there is no adapter with more than one process yet";
const oneConsumer = "an inbox has one consumer; unordered pools come with the first adapter that has them";
const store = "the state store does it, in one step with everything else of a unit: see K-02 and K-05";

/** What no queue is asked for, and why. */
export const missingQueuePromises: readonly MissingPromise[] = [
  missing("Q-05", "several consumers share a queue, and each record goes to one of them", oneConsumer),
  missing("Q-06", "a second consumer of an ordered queue gets nothing until it takes over", noLeases),
  missing(
    "Q-07",
    "as many records fit as the capacity says",
    "part of Q-08 and Q-17, which fill queues to the brim",
  ),
  missing("Q-11", "a put has a time limit of its own", "it has an abort signal instead: Q-10"),
  missing("Q-19", "an owner that was replaced cannot commit", store),
  missing(
    "Q-20",
    "a record is put back, and comes again after a while",
    "tasks retry records themselves, in order: T-34",
  ),
  missing(
    "Q-21",
    "a record that fails too often becomes a dead letter",
    "tasks decide that, and the store commits it: T-35, K-38",
  ),
  missing("Q-22", "what an owner does not renew is given to another", noLeases),
  missing("Q-23", "what was put outlives the process", "there is no durable driver yet"),
  missing("Q-24", "a put whose answer was lost is done once when it is repeated", store),
  missing("Q-25", "an old put that comes late is ignored", store),
  missing("Q-26", "a gap in a sender's numbers is refused", "the receiving task refuses it: T-48"),
  missing("Q-27", "a sender that was replaced cannot put", store),
  missing("Q-28", "a take whose answer was lost skips nothing", "there is no driver with a network yet"),
  missing("Q-31", "an unordered queue ends when all of its senders have ended", oneConsumer),
  missing("Q-33", "bytes that cannot be read become a dead letter", "there is no driver that encodes yet"),
  missing(
    "Q-35",
    "a busy queue does not starve another one",
    "there is no driver with a shared connection yet",
  ),
  missing("Q-36", "puts, takes and commits are counted", "tasks count them; a queue tells its size: Q-29"),
];

/** What no queue driver is asked for, and why. */
export const missingDriverPromises: readonly MissingPromise[] = [
  missing(
    "D-05",
    "a descriptor of a local queue is refused in another process",
    "there is no adapter with more than one process yet; D-11 holds those that lead there",
  ),
];

/** What no router is asked for, and why. */
export const missingRouterPromises: readonly MissingPromise[] = [
  missing("R-13", "keys move between owners when the number of instances changes", "a job's graph is fixed"),
];

/** What no factory of tasks is asked for, and why. */
export const missingTaskPromises: readonly MissingPromise[] = [
  missing(
    "T-12",
    "a crash at any commit changes no result",
    "it takes a job with its store: a matter of the simulations, and of K-61",
  ),
  missing(
    "T-13",
    "a task that crashes behind its last commit ends without stopping again",
    "as T-12; the simulations crash there, too",
  ),
  missing(
    "T-14",
    "a task that was replaced and wakes up changes nothing",
    "as T-12: `zombie` of the simulations, and K-04",
  ),
  missing("T-18", "a worker that dies fails its tasks and no others", "a matter of jobs in workers: J-09"),
  missing("T-19", "a task that stands still for longer than its lease gives up", noLeases),
  missing(
    "T-20",
    "a context is of no use when its task has ended",
    "core makes contexts, whatever the factory: a matter of its own tests",
  ),
  missing(
    "T-21",
    "restarts follow their strategy",
    "the dispatcher restarts tasks, whatever the factory: a matter of core's own tests",
  ),
  missing(
    "T-22",
    "keyed state is the fold of what was committed, also at another parallelism",
    "as T-12: the simulations compare with a sequential model, tests/behaviour resumes at other parallelisms",
  ),
];

/** What no service transport is asked for, and why. */
export const missingServicePromises: readonly MissingPromise[] = [
  missing("S-10", "results under keys are bounded in bytes", "core bounds their number and their age only"),
  missing("S-11", "a call whose instance has crashed says maybeExecuted", "nobody watches instances yet"),
  missing(
    "S-12",
    "the replies of a caller that has crashed are removed",
    "queues of replies have no life-time",
  ),
  missing(
    "S-14",
    "a call of what does not start is SERVICE_UNAVAILABLE",
    "core says SERVICE_TIMEOUT, at the deadline",
  ),
  missing(
    "S-16",
    "two pipelines call one service ten thousand times",
    "needs jobs, which a driver has none of: a matter of tests/behaviour",
  ),
  missing("S-18", "a reply place of another principal is refused", "there are no principals"),
  missing("S-20", "a result above a limit is PayloadTooLarge", "there is no limit of results"),
];

/** What no state store is asked for, and why. */
export const missingStorePromises: readonly MissingPromise[] = [
  missing(
    "K-03",
    "of writers that race for one version one succeeds",
    "a task has one writer: the epoch decides, K-04, K-49 and K-50",
  ),
  missing(
    "K-08",
    "keys can be read by key group",
    "state moves between parallelisms by snapshots, which core splits",
  ),
  missing(
    "K-10",
    "cells expire by the injected clock",
    "core expires them, by the time that it keeps in the cells",
  ),
  missing("K-12", "a store that cannot be reached says so in time", "there is no store with a network yet"),
  missing("K-13", "old cells are upgraded", "cells have no version yet"),
  missing("K-14", "cells that are too large are refused", "there is no limit of cells"),
  missing("K-15", "damaged cells are found", "there is no store that encodes yet"),
];

/** What no control of jobs is asked for, and why. */
export const missingControlPromises: readonly MissingPromise[] = [
  missing("J-09", "the tasks of a worker that dies are placed elsewhere, each once", ofWorkers),
  missing(
    "J-10",
    "a worker that comes and goes fails the job in the end",
    "the loss of a worker is no failure of the job, which fails when none has been there for too long: J-13",
  ),
  missing(
    "J-11",
    "a manager that crashes at any step of a command goes on when it is started again",
    "a matter of jobs in workers, J-11 there; that commands reach the next manager is JC-08 and JC-19",
  ),
  missing("J-12", "of two managers one leads", "a matter of their channel: JC-10"),
  missing("J-13", "a job without a place for its tasks waits for one", ofWorkers),
  missing(
    "J-14",
    "a job can be suspended, and goes on where it was",
    "pausing keeps it in its process; a snapshot takes it to another job, which is no matter of control yet",
  ),
  missing("J-16", "reports of replaced workers are ignored", ofWorkers),
  missing(
    "J-17",
    "a new version of a job goes on with the state of the old one only where it fits",
    "as J-14: a snapshot that does not fit is refused with SNAPSHOT_MISMATCH",
  ),
];
