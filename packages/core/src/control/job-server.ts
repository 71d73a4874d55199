import type { JsonValue } from "../errors/json.ts";
import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import { type ControlReply, carryOut, controlVersion, idOf, readCommand } from "./control-message.ts";
import { type ChannelMessage, type JobChannel, type JobSeat, managerSeat } from "./job-channel.port.ts";
import type { JobControl } from "./job-control.ts";
import { boundedError } from "./job-summary.ts";

/** How jobs are served over a channel. */
export interface JobServerOptions {
  readonly channel: JobChannel;
  /** What does what clients ask for. */
  readonly control: JobControl;
  readonly host: Pick<Host, "logger">;
  /** What to do while another manager is there: wait for its end, as a standby (default), or take its place. */
  readonly takeover?: "wait" | "fence";
  /** Commands under way at most; more are refused with `JOB_MANAGER_BUSY`. Default 256. */
  readonly maxCommands?: number;
  /** Gives up waiting for the seat. */
  readonly signal?: AbortSignal;
}

const takenAtOnce = 64;

/**
 * The manager's end of a job channel: carries out commands, several at a time, and answers them. What is not answered
 * when it ends goes to the next manager.
 */
export class JobServer {
  /** Resolves when it serves no longer: with `undefined` after {@link close}, otherwise with what ended it. */
  readonly ended: Promise<unknown>;
  readonly #options: JobServerOptions;
  readonly #seat: JobSeat;
  #closed = false;
  #running = 0;

  private constructor(options: JobServerOptions, seat: JobSeat) {
    this.#options = options;
    this.#seat = seat;
    this.ended = this.#serve();
  }

  /**
   * Takes the manager's seat, and serves.
   *
   * @throws SageError `CHANNEL_CLOSED`; the signal's reason.
   */
  static async open(options: JobServerOptions): Promise<JobServer> {
    const { channel, takeover = "wait", signal } = options;
    return new JobServer(options, await channel.join(managerSeat, { takeover, ...(signal && { signal }) }));
  }

  /** Which holder of the manager's seat this is. */
  get epoch(): number {
    return this.#seat.epoch;
  }

  /** Ends it and gives the seat back; the jobs go on. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#seat.leave(); // which ends whatever waits there
    await this.ended;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(): Promise<unknown> {
    try {
      for (;;) {
        for (const message of await this.#seat.take(takenAtOnce)) void this.#handle(message);
      }
    } catch (error) {
      if (this.#closed) return undefined;
      this.#options.host.logger.error(`Jobs are served no longer: ${reasonOf(error)}`, { error });
      return error;
    }
  }

  /** Never throws. */
  async #handle(message: ChannelMessage): Promise<void> {
    try {
      const reply = await this.#answer(message);
      if (reply !== undefined) await this.#seat.send(message.from, reply as unknown as JsonValue);
      await this.#seat.settle([message]);
    } catch (error) {
      if (hasCode(error, "SEAT_LOST")) return; // the next manager is asked
      const line = `A command of ${message.from.name} is left without an answer: ${reasonOf(error)}`;
      this.#options.host.logger.error(line, { error });
    }
  }

  async #answer({ body, from }: ChannelMessage): Promise<ControlReply | undefined> {
    const { control, host, maxCommands = 256 } = this.#options;
    const base = { v: controlVersion, kind: "reply" } as const;
    let id: number | undefined;
    this.#running++;
    try {
      id = idOf(body);
      if (this.#running > maxCommands) throw new SageError("JOB_MANAGER_BUSY", { limit: maxCommands });
      const command = readCommand(body);
      host.logger.debug(() => `Command ${command.op} of ${from.name}`, { args: [...command.args] });
      const result = await carryOut(control, command);
      return { ...base, id: command.id, ok: true, result: result as JsonValue };
    } catch (error) {
      if (id !== undefined) return { ...base, id, ok: false, error: boundedError(encodeError(error)) };
      host.logger.warn(() => `A message of ${from.name} was discarded: ${reasonOf(error)}`, { error });
      return undefined;
    } finally {
      this.#running--;
    }
  }
}
