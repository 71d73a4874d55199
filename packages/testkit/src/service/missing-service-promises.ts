/** A promise that services do not keep yet, whatever the driver. */
export interface MissingPromise {
  /** Id of the case that it belongs to. */
  readonly id: string;
  /** The promise, as a sentence in the present tense. */
  readonly title: string;
  /** Why no case holds anybody to it. */
  readonly reason: string;
}

const missing = (id: string, title: string, reason: string): MissingPromise => ({ id, title, reason });

/** What the contract of a service transport does not ask for, and why. */
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
