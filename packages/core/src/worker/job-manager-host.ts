import * as z from "zod";
import type { Runtime } from "../api/runtime.ts";
import { type ChannelMessage, type JobChannel, managerSeat } from "../control/job-channel.port.ts";
import type { AnyJobModule } from "../control/job-registry.ts";
import { JobServer } from "../control/job-server.ts";
import { reasonOf, SageError } from "../errors/sage-error.ts";
import { parseOptions } from "../host/parse-options.ts";
import { WorkerJobControl } from "./worker-job-control.ts";
import { isOfWorker } from "./worker-message.ts";

const limitsSchema = z.object({
  takeover: z.enum(["wait", "fence"]).default("wait"),
  leaseMs: z.int().min(100, "expected 100 or more, in ms").default(15_000),
  placementTimeoutMs: z.int().min(0, "expected 0 or more, in ms").default(60_000),
});

/** How jobs in workers are managed. */
export interface JobManagerHostOptions {
  /** Where clients and workers are met. */
  readonly channel: JobChannel;
  /** What it manages with: its adapters are those of the workers. Closed by whoever made it. */
  readonly runtime: Runtime;
  /** The jobs that may be submitted. */
  readonly jobs: readonly AnyJobModule[];
  /** What to do while another manager is there: wait for its end, as a standby (default), or take its place. */
  readonly takeover?: "wait" | "fence" | undefined;
  /** How long a worker may be silent before what it has is placed elsewhere, in ms. Default 15,000. */
  readonly leaseMs?: number | undefined;
  /** How long a task may wait for a worker that takes it, in ms; then its job fails. Default 60,000. */
  readonly placementTimeoutMs?: number | undefined;
  /** Submissions and waits under way at most: see `JobServerOptions`. */
  readonly maxCommands?: number | undefined;
  /** Gives up waiting for the seat. */
  readonly signal?: AbortSignal | undefined;
}

/** A manager of jobs in workers. Where it ends, the jobs go on, and the next manager with them. */
export class JobManagerHost {
  /** Resolves when it manages no longer: with `undefined` after {@link close}, otherwise with what ended it. */
  readonly ended: Promise<unknown>;
  readonly #server: JobServer;
  readonly #control: WorkerJobControl;

  private constructor(server: JobServer, control: WorkerJobControl) {
    this.#server = server;
    this.#control = control;
    this.ended = server.ended.then((error) => {
      if (error !== undefined) control.leave(error as SageError);
      return error;
    });
  }

  /**
   * Takes the manager's seat, goes on with the jobs of the manager before, and serves.
   *
   * @throws SageError `INVALID_OPTION`; `CHANNEL_CLOSED`; the signal's reason.
   */
  static async open(options: JobManagerHostOptions): Promise<JobManagerHost> {
    const { channel, runtime, jobs, takeover: how, maxCommands, signal, ...given } = options;
    const { takeover, leaseMs, placementTimeoutMs } = parseOptions(limitsSchema, { ...given, takeover: how });
    const { host } = runtime;
    let control: WorkerJobControl | undefined;
    const others = (message: ChannelMessage): boolean => {
      if (!isOfWorker(message.body)) return false;
      try {
        control?.jobs.pool.onMessage(message);
      } catch (error) {
        const { name } = message.from;
        host.logger.warn(() => `A message of worker "${name}" was discarded: ${reasonOf(error)}`, { error });
      }
      return true;
    };
    const server = await JobServer.open({
      ...{ channel, host, takeover, maxCommands, signal, others },
      control: async (seat) => {
        control = await WorkerJobControl.open({ runtime, seat, leaseMs, placementTimeoutMs }, jobs);
        return control;
      },
    });
    return new JobManagerHost(server, control as unknown as WorkerJobControl);
  }

  /** Which holder of the manager's seat this is. */
  get epoch(): number {
    return this.#server.epoch;
  }

  /** Names of the workers that are there. */
  get workers(): readonly string[] {
    return this.#control.jobs.pool.workers;
  }

  /** Ends it, and gives the seat back; the jobs go on. */
  async close(): Promise<void> {
    const why = "its manager was closed";
    this.#control.leave(new SageError("SEAT_LOST", { seat: managerSeat, epoch: this.epoch, why }));
    await this.#server.close();
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
