/** Number of the channel by which a task's own timers come. */
export const timerChannel = -1_000_000;

/** A timer that is due, as it comes to its operator: in the place of a record. */
export class TimerSignal {
  /** When it was due, in ms since the Unix epoch. */
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }
}
