import * as z from "zod";
import type { SeatNotes } from "../control/job-channel.port.ts";
import type { JobSummary } from "../control/job-control.ts";
import { boundedError } from "../control/job-summary.ts";
import { parsed } from "../control/parsed.ts";
import type { JsonValue } from "../errors/json.ts";
import { encodeError, type WireError, withoutStack } from "../errors/wire-error.ts";
import type { JobState } from "../job/job-report.ts";
import { TaskLedger } from "../state/ledger.ts";

/** What a manager leaves to the next one about a job. */
export interface JobNote {
  readonly v: 1;
  /** Its id. */
  readonly job: string;
  /** Name of its module, and what it is given. */
  readonly name: string;
  readonly params: JsonValue;
  readonly submissionKey: string;
  /** Wall-clock time in ms since the Unix epoch. */
  readonly submittedAt: number;
  /** What it was told to become last. */
  readonly wish: "run" | "pause" | "drain" | "cancel";
  /** What has become of it, once that is certain: nothing of it runs any more, and what is kept of it goes. */
  readonly ending?: { readonly state: JobState; readonly error?: WireError | undefined } | undefined;
  /** How it has ended, once it has. */
  readonly ended?: JobSummary | undefined;
}

const schema = z.object({
  v: z.literal(1),
  job: z.string(),
  name: z.string(),
  params: z.unknown(),
  submissionKey: z.string(),
  submittedAt: z.number(),
  wish: z.enum(["run", "pause", "drain", "cancel"]),
  ending: z.looseObject({ state: z.string() }).optional(),
  ended: z.looseObject({ job: z.string(), state: z.string() }).optional(),
});

/** The jobs of a manager, as they are left to the next one. */
export class JobNotes {
  readonly #notes: SeatNotes | undefined;
  readonly #known = new Map<string, JobNote>();
  #last: Promise<unknown> = Promise.resolve();

  /** Without notes nothing outlives the manager. */
  constructor(notes: SeatNotes | undefined) {
    this.#notes = notes;
  }

  /** What earlier managers have left, oldest first; `onInvalid` hears of what cannot be read, which stays. */
  async read(onInvalid: (key: string, error: unknown) => void): Promise<readonly JobNote[]> {
    for (const [key, value] of (await this.#notes?.all()) ?? []) {
      try {
        this.#known.set(key, parsed(schema, value) as JobNote);
      } catch (error) {
        onInvalid(key, error);
      }
    }
    return this.list();
  }

  /** All, oldest first. */
  list(): readonly JobNote[] {
    return [...this.#known.values()];
  }

  get(job: string): JobNote | undefined {
    return this.#known.get(job);
  }

  set(note: JobNote): Promise<void> {
    this.#known.set(note.job, note);
    return this.#write(async () => this.#notes?.set(note.job, note as unknown as JsonValue));
  }

  /** Changes what is noted of a job, if anything is; of one that has ended nothing changes any more. */
  async change(job: string, change: Partial<Pick<JobNote, "wish" | "ending" | "ended">>): Promise<void> {
    const note = this.#known.get(job);
    if (note !== undefined && note.ended === undefined) await this.set({ ...note, ...change });
  }

  delete(job: string): Promise<void> {
    this.#known.delete(job);
    return this.#write(async () => this.#notes?.delete(job));
  }

  /** Writes one after the other: what is said later counts. */
  #write(write: () => Promise<void>): Promise<void> {
    const written = this.#last.then(write);
    this.#last = written.catch(() => undefined);
    return written;
  }
}

/** A job in short that is not placed yet. */
export function waitingSummary({ job, name, submissionKey, submittedAt }: JobNote, now: number): JobSummary {
  return {
    ...{ job, name, submissionKey },
    state: "created",
    startedAt: submittedAt,
    durationMs: Math.max(0, now - submittedAt),
    tasks: 0,
    ledger: { ...new TaskLedger().toJSON(), balanced: true, problems: [], read: 0, undelivered: 0 },
    delivery: { requested: "auto", level: "at-least-once", scope: "process", reasons: [] },
  };
}

/** An error as clients may see it. */
export function told(error: unknown): WireError {
  return boundedError(withoutStack(encodeError(error)));
}
