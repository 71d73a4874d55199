import type { Printer } from "@sage-kernel/core/spi";

/** A record that was printed. */
export interface PrintedLine {
  readonly label: string;
  readonly record: unknown;
}

/** Keeps what is printed, in `lines`. */
export class RecordingPrinter implements Printer {
  /** The lines so far. */
  readonly lines: PrintedLine[] = [];

  print(label: string, record: unknown): void {
    this.lines.push({ label, record });
  }
}
