/** The end of one channel: in-band, and the last element on it. */
export interface StopSignal {
  /** Id of the task instance that ended. */
  readonly source: string;
  /** Wall-clock time of the end, in ms since the Unix epoch. */
  readonly time: number;
}
