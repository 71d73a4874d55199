import type { Job } from "@sage-kernel/core";
import { formatCount } from "../report/units.ts";

/** What a progress line shows. */
export interface ProgressSource {
  /** The step whose records are counted. */
  readonly step: string;
  /** What a record is, in the plural. */
  readonly noun: string;
  /** How much is done, from 0 to 1; `undefined` while nobody knows how much there is. */
  share(records: number): number | undefined;
}

const everyMs = 100;
const barWidth = 24;
const eraseLine = "\r\u001b[K";

/** A progress line on standard error, when that is a terminal; anywhere else it shows nothing. */
export class Progress {
  readonly #job: Job;
  readonly #source: ProgressSource;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(job: Job, source: ProgressSource) {
    this.#job = job;
    this.#source = source;
    if (process.stderr.isTTY) this.#timer = setInterval(() => this.#draw(), everyMs).unref();
  }

  /** Writes a line of its own, above the progress. */
  say(message: string): void {
    process.stderr.write(`${this.#erase}${this.#job.name}: ${message}\n`);
  }

  /** Wipes the line and draws no more. */
  close(): void {
    clearInterval(this.#timer);
    process.stderr.write(this.#erase);
  }

  get #erase(): string {
    return this.#timer === undefined ? "" : eraseLine;
  }

  #draw(): void {
    const { tasks, durationMs } = this.#job.report();
    const { step, noun } = this.#source;
    const records = tasks
      .filter((task) => task.step === step)
      .reduce((sum, { ledger }) => sum + ledger.processed + ledger.deadLettered, 0);
    const rate = formatCount(records / (durationMs / 1000));
    const line = `${drawBar(this.#source.share(records))}${formatCount(records)} ${noun}, ${rate} per second`;
    process.stderr.write(eraseLine + line.slice(0, (process.stderr.columns || 80) - 1));
  }
}

function drawBar(share: number | undefined): string {
  if (share === undefined) return "";
  const part = Math.min(1, Math.max(0, share));
  const full = Math.round(part * barWidth);
  return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${Math.floor(part * 100)} %  `;
}
