import * as z from "zod";
import type { ErrorFacts } from "../errors/catalog.ts";
import type { JsonObject, JsonValue } from "../errors/json.ts";
import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import { decodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import { parseOptions } from "../host/parse-options.ts";
import { isTerminal } from "../job/job-report.ts";
import type { TaskReport } from "../task/task.port.ts";
import { type ControlOperation, checkArguments } from "./control-arguments.ts";
import { controlVersion, idOf, readReply } from "./control-message.ts";
import { type JobChannel, type JobSeat, managerSeat, seatNamePattern } from "./job-channel.port.ts";
import type {
  CollectedOptions,
  CollectedRecord,
  JobControl,
  JobRequest,
  JobStop,
  JobSummary,
  ListOptions,
  MetricsPage,
  NumberedLogLine,
  Page,
  PageOptions,
  WaitOptions,
} from "./job-control.ts";

/** How a client reaches its manager. */
export interface JobClientOptions {
  readonly channel: JobChannel;
  readonly host: Pick<Host, "clock" | "ids" | "logger">;
  /** Name of its seat; must be one's own, since a later client of the name takes it away. Default: a new one. */
  readonly name?: string | undefined;
  /** How long to wait for an answer, in ms, beyond what the operation itself may take. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

const optionsSchema = z.object({
  name: z
    .string()
    .regex(seatNamePattern, "expected 1 to 128 letters, digits, '.', '_' and '-'")
    .refine((name) => name !== managerSeat, "expected another name than the manager's"),
  timeoutMs: z.number().positive("expected more than 0, in ms").default(10_000),
});

/** A command that waits for its answer. */
interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const takenAtOnce = 64;
const defaultWaitMs = 30_000;
/** Longest that one command waits at the manager, in ms; then it is asked again, whoever manages by then. */
const sliceMs = 5000;
/** How long a submission may take to start its job, in ms. */
const submitMs = 60_000;

/**
 * The other end of a job channel: {@link JobControl} of jobs whose manager is elsewhere. Commands outlive lost
 * connections and managers that are replaced, as long as one answers in time.
 */
export class JobClient implements JobControl {
  /** Resolves when it can ask no more: with `undefined` after {@link close}, otherwise with what ended it. */
  readonly ended: Promise<unknown>;
  readonly #host: JobClientOptions["host"];
  readonly #timeoutMs: number;
  readonly #seat: JobSeat;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #closed = false;
  #failure: unknown;

  private constructor(host: JobClientOptions["host"], timeoutMs: number, seat: JobSeat) {
    this.#host = host;
    this.#timeoutMs = timeoutMs;
    this.#seat = seat;
    this.ended = this.#read();
  }

  /**
   * Joins a channel.
   *
   * @throws SageError `INVALID_OPTION`; `CHANNEL_CLOSED`.
   */
  static async connect(options: JobClientOptions): Promise<JobClient> {
    const { channel, host } = options;
    const given = { name: options.name ?? host.ids.next("client"), timeoutMs: options.timeoutMs };
    const { name, timeoutMs } = parseOptions(optionsSchema, given);
    return new JobClient(host, timeoutMs, await channel.join(name));
  }

  async submit(request: JobRequest): Promise<JobSummary> {
    const submissionKey = request.submissionKey ?? this.#host.ids.next("submission");
    return this.#ask("submit", { ...request, submissionKey }, submitMs);
  }

  async status(job: string): Promise<JobSummary> {
    return this.#ask("status", { job });
  }

  async list(options: ListOptions = {}): Promise<Page<JobSummary>> {
    return this.#ask("list", options);
  }

  async tasks(job: string, options: PageOptions = {}): Promise<Page<TaskReport>> {
    return this.#ask("tasks", { ...options, job });
  }

  async logs(job: string, options: PageOptions = {}): Promise<Page<NumberedLogLine>> {
    return this.#ask("logs", { ...options, job });
  }

  async collected(job: string, options: CollectedOptions): Promise<Page<CollectedRecord>> {
    return this.#ask("collected", { ...options, job });
  }

  async metrics(job: string, options: PageOptions = {}): Promise<MetricsPage> {
    return this.#ask("metrics", { ...options, job });
  }

  async pause(job: string, options: WaitOptions = {}): Promise<JobSummary> {
    checkArguments("pause", { ...options, job });
    return this.#ask(
      "pause",
      { job, timeoutMs: Math.min(options.timeoutMs ?? defaultWaitMs, sliceMs) },
      sliceMs,
    );
  }

  async resume(job: string): Promise<JobSummary> {
    return this.#ask("resume", { job });
  }

  async stop(job: string, options: JobStop = {}): Promise<JobSummary> {
    checkArguments("stop", { ...options, job });
    const { timeoutMs = defaultWaitMs } = options;
    return this.#inSlices(timeoutMs, async (slice, last) => {
      try {
        return await this.#ask<JobSummary>("stop", { ...options, job, timeoutMs: slice }, slice);
      } catch (error) {
        if (!hasCode(error, "STOP_TIMEOUT")) throw error;
        if (!last) return undefined;
        throw new SageError("STOP_TIMEOUT", {
          ...(error.details as unknown as ErrorFacts<"STOP_TIMEOUT">),
          timeoutMs,
        });
      }
    });
  }

  async wait(job: string, options: WaitOptions = {}): Promise<JobSummary> {
    checkArguments("wait", { ...options, job });
    return this.#inSlices(options.timeoutMs ?? defaultWaitMs, async (slice, last) => {
      const summary = await this.#ask<JobSummary>("wait", { job, timeoutMs: slice }, slice);
      return last || isTerminal(summary.state) ? summary : undefined;
    });
  }

  async forget(job: string): Promise<boolean> {
    return this.#ask("forget", { job });
  }

  /** Leaves the channel; what waits for an answer rejects with `SEAT_LOST`. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#seat.leave();
    await this.ended;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Asks again and again, in parts of the time that there is, until there is an answer. */
  async #inSlices<T>(
    timeoutMs: number,
    ask: (slice: number, last: boolean) => Promise<T | undefined>,
  ): Promise<T> {
    const { clock } = this.#host;
    const deadline = clock.monotonic() + timeoutMs;
    for (;;) {
      const rest = Math.max(0, deadline - clock.monotonic());
      const answer = await ask(Math.min(rest, sliceMs), rest <= sliceMs);
      if (answer !== undefined) return answer;
    }
  }

  async #ask<T>(op: ControlOperation, args: object, takesMs = 0): Promise<T> {
    const checked = checkArguments(op, args) as JsonObject;
    if (this.#failure !== undefined) throw this.#failure;
    const timeoutMs = this.#timeoutMs + takesMs;
    const id = this.#last++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    answer.catch(() => undefined); // whoever asks hears of it, or of what came before
    const sending = new AbortController();
    const timer = this.#host.clock.setTimer(timeoutMs, () => {
      const { submissionKey } = checked as { readonly submissionKey?: string };
      const facts = { operation: op, timeoutMs, ...(submissionKey === undefined ? {} : { submissionKey }) };
      const silent = new SageError("JOB_MANAGER_SILENT", facts);
      this.#pending.get(id)?.reject(silent);
      sending.abort(silent);
    });
    try {
      const command = { v: controlVersion, kind: "command", id, op, args: checked } as const;
      await this.#seat.send({ name: managerSeat }, command, sending.signal);
      return (await answer) as T;
    } finally {
      timer.clear();
      this.#pending.delete(id);
    }
  }

  /** Gives answers to those who wait for them, until the seat is lost. */
  async #read(): Promise<unknown> {
    try {
      for (;;) {
        const messages = await this.#seat.take(takenAtOnce);
        for (const { body } of messages) this.#give(body);
        await this.#seat.settle(messages);
      }
    } catch (error) {
      this.#failure = error;
      for (const { reject } of this.#pending.values()) reject(error);
      if (this.#closed) return undefined;
      this.#host.logger.error(`A client of the job manager has ended: ${reasonOf(error)}`, { error });
      void this.#seat.leave().catch(() => undefined);
      return error;
    }
  }

  /** Never throws. */
  #give(body: JsonValue): void {
    try {
      const reply = readReply(body);
      const pending = this.#pending.get(reply.id); // none: it came too late
      if (reply.ok) pending?.resolve(reply.result);
      else pending?.reject(decodeError(reply.error));
    } catch (error) {
      this.#host.logger.warn(() => `An answer was discarded: ${reasonOf(error)}`, { error });
      const id = idOf(body);
      if (id !== undefined) this.#pending.get(id)?.reject(error);
    }
  }
}
