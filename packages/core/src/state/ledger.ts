/**
 * What became of the records that one task instance received: cumulative, and part of each commit.
 *
 * `received = processed + skipped + deadLettered + inFlight` always holds.
 */
export class TaskLedger {
  /** Records taken from the inputs, or read by a source. */
  received = 0;
  /** Records whose function ended well. */
  processed = 0;
  /** Processed records that emitted nothing because the step dropped them on purpose. */
  filtered = 0;
  /** Records emitted. */
  emitted = 0;
  /** Failed records that `onError: "skip"` left out. */
  skipped = 0;
  /** Failed records that became dead letters. */
  deadLettered = 0;

  /** Records received whose fate is not yet decided. */
  get inFlight(): number {
    return this.received - this.processed - this.skipped - this.deadLettered;
  }

  /** Copies the counts of another ledger. */
  set(other: TaskLedger): void {
    this.received = other.received;
    this.processed = other.processed;
    this.filtered = other.filtered;
    this.emitted = other.emitted;
    this.skipped = other.skipped;
    this.deadLettered = other.deadLettered;
  }

  /** Adds the counts of another ledger. */
  add(other: LedgerCounts): void {
    this.received += other.received;
    this.processed += other.processed;
    this.filtered += other.filtered;
    this.emitted += other.emitted;
    this.skipped += other.skipped;
    this.deadLettered += other.deadLettered;
  }

  /** The counts as plain JSON. */
  toJSON(): LedgerCounts {
    const { received, processed, filtered, emitted, skipped, deadLettered, inFlight } = this;
    return { received, processed, filtered, emitted, skipped, deadLettered, inFlight };
  }
}

/** A ledger's counts as plain JSON, in records. */
export interface LedgerCounts {
  readonly received: number;
  readonly processed: number;
  readonly filtered: number;
  readonly emitted: number;
  readonly skipped: number;
  readonly deadLettered: number;
  readonly inFlight: number;
}
