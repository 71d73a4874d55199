import type { JsonValue } from "../errors/json.ts";
import { reasonOf, SageError } from "../errors/sage-error.ts";
import { decodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import type { TaskReport } from "../task/task.port.ts";
import { type ControlOperation, type ControlReply, controlVersion, readReply } from "./control-message.ts";
import { type JobChannel, type JobSeat, managerSeat } from "./job-channel.port.ts";
import type {
  JobControl,
  JobRequest,
  JobStop,
  JobSummary,
  ListOptions,
  MetricsPage,
  Page,
  PageOptions,
} from "./job-control.ts";

/** How a client reaches its manager. */
export interface JobClientOptions {
  readonly channel: JobChannel;
  readonly host: Pick<Host, "clock" | "ids" | "logger">;
  /** Name of its seat; must be one's own. Default: a new one. */
  readonly name?: string;
  /** How long to wait for an answer, in ms, beyond what the operation itself may take. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A command that waits for its answer. */
interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const takenAtOnce = 64;
const defaultTimeoutMs = 10_000;
const defaultEndMs = 30_000;

/**
 * The other end of a job channel: {@link JobControl} of jobs whose manager is elsewhere. Commands outlive lost
 * connections and managers that are replaced, up to their deadline.
 */
export class JobClient implements JobControl {
  readonly #options: JobClientOptions;
  readonly #seat: JobSeat;
  readonly #pending = new Map<number, Pending>();
  readonly #reading: Promise<void>;
  #last = 0;

  private constructor(options: JobClientOptions, seat: JobSeat) {
    this.#options = options;
    this.#seat = seat;
    this.#reading = this.#read();
  }

  /**
   * Joins a channel.
   *
   * @throws SageError `CHANNEL_CLOSED`.
   */
  static async connect(options: JobClientOptions): Promise<JobClient> {
    const { channel, host, name = host.ids.next("client") } = options;
    return new JobClient(options, await channel.join(name));
  }

  submit(request: JobRequest): Promise<JobSummary> {
    const { name, params, submissionKey = this.#options.host.ids.next("submission") } = request;
    return this.#ask("submit", [{ name, params, submissionKey }]);
  }

  status(job: string): Promise<JobSummary> {
    return this.#ask("status", [job]);
  }

  list(options: ListOptions = {}): Promise<Page<JobSummary>> {
    return this.#ask("list", [given(options)]);
  }

  tasks(job: string, page: PageOptions = {}): Promise<Page<TaskReport>> {
    return this.#ask("tasks", [job, given(page)]);
  }

  metrics(job: string, page: PageOptions = {}): Promise<MetricsPage> {
    return this.#ask("metrics", [job, given(page)]);
  }

  pause(job: string): Promise<JobSummary> {
    return this.#ask("pause", [job]);
  }

  resume(job: string): Promise<JobSummary> {
    return this.#ask("resume", [job]);
  }

  stop(job: string, options: JobStop = {}): Promise<JobSummary> {
    return this.#ask("stop", [job, given(options)], options.timeoutMs ?? defaultEndMs);
  }

  wait(job: string, options: { readonly timeoutMs?: number } = {}): Promise<JobSummary> {
    return this.#ask("wait", [job, given(options)], options.timeoutMs ?? defaultEndMs);
  }

  /** Leaves the channel; what waits for an answer rejects with `SEAT_LOST`. */
  async close(): Promise<void> {
    await this.#seat.leave();
    await this.#reading;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask<T>(op: ControlOperation, args: readonly JsonValue[], takesMs = 0): Promise<T> {
    const { clock } = this.#options.host;
    const timeoutMs = (this.#options.timeoutMs ?? defaultTimeoutMs) + Math.max(takesMs, 0);
    const id = this.#last++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    answer.catch(() => undefined); // whoever asks hears of it, or of what came before
    const sending = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => {
      const silent = new SageError("JOB_MANAGER_SILENT", { operation: op, timeoutMs });
      this.#pending.get(id)?.reject(silent);
      sending.abort(silent);
    });
    try {
      const command = { v: controlVersion, kind: "command", id, op, args } as const;
      await this.#seat.send({ name: managerSeat }, command, sending.signal);
      return (await answer) as T;
    } finally {
      timer.clear();
      this.#pending.delete(id);
    }
  }

  /** Gives answers to those who wait for them, until the seat is lost. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const messages = await this.#seat.take(takenAtOnce);
        for (const { body } of messages) this.#give(body);
        await this.#seat.settle(messages);
      }
    } catch (error) {
      for (const { reject } of this.#pending.values()) reject(error);
    }
  }

  #give(body: JsonValue): void {
    let reply: ControlReply;
    try {
      reply = readReply(body);
    } catch (error) {
      this.#options.host.logger.warn(() => `An answer was discarded: ${reasonOf(error)}`, { error });
      return;
    }
    const pending = this.#pending.get(reply.id); // none: it came too late
    if (reply.ok) pending?.resolve(reply.result);
    else pending?.reject(decodeError(reply.error));
  }
}

/** Options as JSON: without those that are `undefined`. */
function given(options: object): JsonValue {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
