/** A cell with a time to live. It stands in the table in place of the cell, and never changes. */
export class Expiring {
  /** What it is about. */
  readonly cell: unknown;
  /** When the cell is gone, in ms of the runtime's clock: from that moment on, not before. */
  readonly expiresAt: number;

  constructor(cell: unknown, expiresAt: number) {
    this.cell = cell;
    this.expiresAt = expiresAt;
  }
}

/** Whether what stands in a table has a time to live that is over at `now`, in ms of the runtime's clock. */
export function isExpired(cell: unknown, now: number): boolean {
  return cell instanceof Expiring && now >= cell.expiresAt;
}
