import * as z from "zod";
import type { JsonValue } from "../errors/json.ts";
import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import { encodeError, withoutStack } from "../errors/wire-error.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { parseOptions } from "../host/parse-options.ts";
import {
  type ControlCommand,
  type ControlReply,
  carryOut,
  controlVersion,
  idOf,
  readCommand,
} from "./control-message.ts";
import { fitReply } from "./fit-reply.ts";
import { type ChannelMessage, type JobChannel, type JobSeat, managerSeat } from "./job-channel.port.ts";
import type { JobControl } from "./job-control.ts";
import { boundedError } from "./job-summary.ts";
import { permits, roleFor } from "./principal.ts";

/** How jobs are served over a channel. */
export interface JobServerOptions {
  readonly channel: JobChannel;
  /** What does what clients ask for; or what makes that, for the seat that it will serve. */
  readonly control: JobControl | ((seat: JobSeat) => MaybePromise<JobControl>);
  /** Takes messages that are no commands; `false` for those that it does not know either. */
  readonly others?: ((message: ChannelMessage) => boolean) | undefined;
  readonly host: Pick<Host, "clock" | "logger">;
  /** What to do while another manager is there: wait for its end, as a standby (default), or take its place. */
  readonly takeover?: "wait" | "fence" | undefined;
  /**
   * Submissions and waits under way at most, 1 or more; further ones are refused with `JOB_MANAGER_BUSY`. Should be well
   * below what the channel holds for a name, since they are settled when they were answered. Default 256.
   */
  readonly maxCommands?: number | undefined;
  /** Gives up waiting for the seat. */
  readonly signal?: AbortSignal | undefined;
}

const limitsSchema = z.object({
  takeover: z.enum(["wait", "fence"]).default("wait"),
  maxCommands: z.int().min(1, "expected 1 or more").default(256),
});

const takenAtOnce = 64;
/** Longest that one command waits here, in ms: clients ask again. */
const longestWaitMs = 10_000;
/** How long an answer may wait for room at its client, in ms. */
const replyTimeoutMs = 10_000;
/** How long commands under way hold up the end of a server, in ms. */
const drainTimeoutMs = 5000;
/** Longest reply, in characters of JSON. */
const longestReply = 1_048_576;

const slow: ReadonlySet<string> = new Set(["submit", "wait"]);

/**
 * The manager's end of a job channel: carries out commands, several at a time, and answers them. What is not answered
 * when it ends goes to the next manager. The jobs are those of its control: another manager knows them if it has the same.
 */
export class JobServer {
  /** Resolves when it serves no longer: with `undefined` after {@link close}, otherwise with what ended it. */
  readonly ended: Promise<unknown>;
  readonly #options: JobServerOptions;
  readonly #control: JobControl;
  readonly #maxCommands: number;
  readonly #seat: JobSeat;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #slow = 0;

  private constructor(options: JobServerOptions, control: JobControl, seat: JobSeat, maxCommands: number) {
    this.#options = options;
    this.#control = control;
    this.#maxCommands = maxCommands;
    this.#seat = seat;
    this.ended = this.#serve();
  }

  /**
   * Takes the manager's seat, and serves.
   *
   * @throws SageError `INVALID_OPTION`; `CHANNEL_CLOSED`; the signal's reason.
   */
  static async open(options: JobServerOptions): Promise<JobServer> {
    const { channel, signal, takeover: given, maxCommands: most } = options;
    const { takeover, maxCommands } = parseOptions(limitsSchema, { takeover: given, maxCommands: most });
    const seat = await channel.join(managerSeat, { takeover, ...(signal && { signal }) });
    const { control } = options;
    try {
      const made = typeof control === "function" ? await control(seat) : control;
      return new JobServer(options, made, seat, maxCommands);
    } catch (error) {
      await seat.leave();
      throw error;
    }
  }

  /** Which holder of the manager's seat this is. */
  get epoch(): number {
    return this.#seat.epoch;
  }

  /** Ends it, behind the commands under way if they do not take long, and gives the seat back; the jobs go on. */
  async close(): Promise<void> {
    this.#closing.abort(new SageError("CANCELLED", { what: "Serving jobs" }));
    await this.ended;
    const drained = new AbortController();
    const late = this.#options.host.clock.sleep(drainTimeoutMs, drained.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#underWay), late]);
    drained.abort();
    await this.#seat.leave();
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(): Promise<unknown> {
    try {
      for (;;) {
        const messages = await this.#seat.take(takenAtOnce, this.#closing.signal);
        const others = messages.filter((message) => this.#isForOthers(message));
        for (const message of messages) if (!others.includes(message)) this.#begin(message);
        if (others.length > 0) await this.#seat.settle(others);
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      this.#options.host.logger.error(`Jobs are served no longer: ${reasonOf(error)}`, { error });
      void this.#seat.leave().catch(() => undefined); // so that another one can follow
      return error;
    }
  }

  /** Gives a message to those who take what is no command, if its sender may have them do something. */
  #isForOthers(message: ChannelMessage): boolean {
    const { others } = this.#options;
    if (others === undefined || idOf(message.body) !== undefined) return false;
    if (permits(message.principal, "worker")) return others(message);
    this.#refused(message, "takes part as a worker");
    return true;
  }

  /** Leaves a trace of somebody who has tried what they may not do. */
  #refused({ from, principal }: ChannelMessage, what: string): void {
    const { logger } = this.#options.host;
    logger.warn(`Refused: ${principal?.id} ${what} without being allowed to`, { seat: from.name });
  }

  #begin(message: ChannelMessage): void {
    const handled = this.#handle(message).finally(() => this.#underWay.delete(handled));
    this.#underWay.add(handled);
  }

  /** Never throws, and settles the message unless the seat is lost. */
  async #handle(message: ChannelMessage): Promise<void> {
    const { logger } = this.#options.host;
    try {
      const reply = await this.#answer(message);
      if (reply !== undefined) await this.#reply(message, reply);
    } catch (error) {
      if (hasCode(error, "SEAT_LOST")) return; // the next manager is asked
      logger.error(`A command of ${message.from.name} is left without an answer: ${reasonOf(error)}`, {
        error,
      });
    }
    await this.#seat.settle([message]).catch((error: unknown) => {
      if (!hasCode(error, "SEAT_LOST")) logger.error(`A command stays open: ${reasonOf(error)}`, { error });
    });
  }

  async #reply({ from }: ChannelMessage, reply: ControlReply): Promise<void> {
    const late = new AbortController();
    const timer = this.#options.host.clock.setTimer(replyTimeoutMs, () => {
      late.abort(new SageError("CANCELLED", { what: `An answer to ${from.name}, which takes none,` }));
    });
    try {
      await this.#seat.send(from, reply as unknown as JsonValue, late.signal);
    } finally {
      timer.clear();
    }
  }

  async #answer(message: ChannelMessage): Promise<ControlReply | undefined> {
    const { body, from, principal } = message;
    const { logger } = this.#options.host;
    const id = idOf(body);
    const base = { v: controlVersion, kind: "reply" } as const;
    try {
      const command = readCommand(body);
      const { op, args } = command;
      const role = roleFor(op);
      if (!permits(principal, role)) {
        this.#refused(message, `asks for "${op}"`);
        throw new SageError("FORBIDDEN", { operation: op, principal: String(principal?.id), role });
      }
      logger.debug(() => `Command ${op} of ${from.name}`, { job: String(args.job ?? args.name ?? "") });
      const result = await this.#carryOut(command);
      return { ...base, id: command.id, ok: true, result: fitReply(result, longestReply) };
    } catch (error) {
      if (hasCode(error, "SEAT_LOST")) throw error; // who asks is answered by the next manager
      if (id !== undefined) return { ...base, id, ok: false, error: wireErrorOf(error) };
      logger.warn(() => `A message of ${from.name} was discarded: ${reasonOf(error)}`, { error });
      return undefined;
    }
  }

  async #carryOut(command: ControlCommand): Promise<unknown> {
    const control = this.#control;
    if (!slow.has(command.op)) return carryOut(control, inTime(command));
    if (this.#slow >= this.#maxCommands)
      throw new SageError("JOB_MANAGER_BUSY", { limit: this.#maxCommands });
    this.#slow++;
    try {
      return await carryOut(control, inTime(command));
    } finally {
      this.#slow--;
    }
  }
}

/** A command that takes no longer than it may. */
function inTime(command: ControlCommand): ControlCommand {
  const { op, args } = command;
  if (op !== "wait" && op !== "stop" && op !== "pause") return command;
  const { timeoutMs = longestWaitMs } = args as { readonly timeoutMs?: number };
  return { ...command, args: { ...args, timeoutMs: Math.min(timeoutMs, longestWaitMs) } };
}

/** An error as clients may see it: where the code is, and what a schema says of parameters, is told to nobody. */
function wireErrorOf(error: unknown) {
  const { cause, ...rest } = withoutStack(encodeError(error));
  const told = cause === undefined || hasCode(error, "JOB_PARAMS_INVALID") ? rest : { ...rest, cause };
  return boundedError(told);
}
