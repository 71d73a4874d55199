/** Port: what a pipeline prints for people to read. */
export interface Printer {
  /**
   * Writes a record as one line on standard output, behind its label when that is not empty. The record is only
   * looked at, never changed or kept. Never throws, whatever the record is; a line that cannot be written is dropped.
   */
  print(label: string, record: unknown): void;
}
