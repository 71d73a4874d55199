import type { JsonValue } from "../errors/json.ts";
import type { Principal } from "./principal.ts";

/** Name of the seat that the manager of the jobs holds. */
export const managerSeat = "manager";

/** Names of seats: 1 to 128 letters, digits and `._-`, beginning with a letter or digit. */
export const seatNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Whom a message is for: whoever holds a name, or one holder of it and no other. */
export interface SeatAddress {
  /** Name of the seat. */
  readonly name: string;
  /** Left out: whoever holds the name, now or next. */
  readonly epoch?: number;
}

/** A message as its receiver gets it. */
export interface ChannelMessage {
  /** Tells it from all others of this receiver. */
  readonly id: string;
  /** The holder that sent it. */
  readonly from: Required<SeatAddress>;
  /**
   * Whom the channel has authenticated as its sender, whatever the message says; left out by channels whose members may all do
   * the same.
   */
  readonly principal?: Principal;
  /** What was sent: JSON that shares nothing with what the sender has. */
  readonly body: JsonValue;
}

/** How to join. */
export interface JoinOptions {
  /**
   * What to do while somebody holds the name: `"fence"` (default) takes it away from them, `"wait"` waits until they
   * leave, or are found dead; those that wait come one after the other.
   */
  readonly takeover?: "fence" | "wait";
  /** Gives up; its reason is what the join rejects with, and the name is not taken, or given back at once. */
  readonly signal?: AbortSignal;
}

/** What the holders of a name hand down: JSON values by key. Every operation may reject with `SEAT_LOST`. */
export interface SeatNotes {
  /** All of them, in the order in which their keys were first set. */
  all(): Promise<ReadonlyMap<string, JsonValue>>;
  /** Sets one, in place of an earlier one of this key. @throws SageError `NOT_JSON`. */
  set(key: string, value: JsonValue): Promise<void>;
  /** Removes one. */
  delete(key: string): Promise<void>;
}

/**
 * A name in a job channel, as long as one holds it. At every moment a name has at most one holder, and each holder has a
 * higher epoch than those before: what earlier ones still do is refused (a fencing token, as in leases: Gray and
 * Cheriton 1989).
 *
 * After the seat is lost every operation rejects with `SEAT_LOST`, those that wait included.
 */
export interface JobSeat {
  /** What it was joined under. */
  readonly name: string;
  /** Higher for each holder of a name than for all before; gaps are possible, a name's epochs need not begin at 1. */
  readonly epoch: number;
  /** Fires when the seat is held no longer, with the `SEAT_LOST` that everything rejects with from then on. */
  readonly lost: AbortSignal;
  /** What this holder leaves to the next one, and what was left to it; left out by channels that keep nothing. */
  readonly notes?: SeatNotes;
  /**
   * Sends a message. It resolves when the channel answers for it: `true`, when the message will be there for its
   * receiver, `false` when it was for one holder, and that one is gone. While the receiver has as many messages
   * unsettled as the channel holds for each name, it waits. Messages between two holders stay in their order, and each
   * arrives once, however often the connection is lost.
   *
   * @throws SageError `NOT_JSON` for what is no JSON, is nested more than 200 levels deep or has a property `__proto__`;
   * `SEAT_LOST`; the signal's reason, and then nothing was sent, unless the connection was lost meanwhile.
   */
  send(to: SeatAddress, body: JsonValue, signal?: AbortSignal): Promise<boolean>;
  /**
   * Takes the next messages in their order: one at least, `max` (1 or more) at most. One take may wait at a time.
   *
   * @throws SageError `SEAT_LOST`; the signal's reason, and then nothing was taken.
   */
  take(max: number, signal?: AbortSignal): Promise<readonly ChannelMessage[]>;
  /**
   * Says that messages are dealt with; again, it has no effect. What a holder has taken and not settled comes to the next holder again, before
   * everything newer, unless it was for the earlier holder alone.
   *
   * @throws SageError `SEAT_LOST`.
   */
  settle(messages: readonly Pick<ChannelMessage, "id">[]): Promise<void>;
  /**
   * Gives the name back. The seat is lost at once; the promise settles when the name is free, and where the others cannot
   * be told, at once: they find out as if the process had died. Leaving again, or after the seat was lost, does nothing.
   */
  leave(): Promise<void>;
}

/**
 * Where managers of jobs, their clients and workers meet, each under a name: commands go one way, reports and answers
 * the other. All messages go from or to the {@link managerSeat}.
 */
export interface JobChannel {
  /**
   * Takes a name.
   *
   * @throws SageError `INVALID_OPTION` for what is no name; `CHANNEL_CLOSED`; the signal's reason.
   */
  join(name: string, options?: JoinOptions): Promise<JobSeat>;
  /** Leaves all seats that were taken here, as {@link JobSeat.leave} does, and refuses others. Closing again does nothing. */
  close(): Promise<void>;
}
