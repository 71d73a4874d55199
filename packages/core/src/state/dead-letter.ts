import type { WireError } from "../errors/wire-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Headers } from "../packet/packet.ts";
import type { PartitionKey } from "../packet/partition-key.ts";

/** Why a record became a dead letter. */
export type DeadLetterReason = "failed" | "unroutable" | "invalid" | "late";

/** A record that could not be processed, kept with the reason. */
export interface DeadLetter<T = unknown> {
  /** Unique within its job: task, channel and sequence number, such as `parse#0/3:17`. */
  readonly id: string;
  /** The record as the failing step received it. */
  readonly record: T;
  /** Why it is here. */
  readonly reason: DeadLetterReason;
  /** What was thrown. */
  readonly error: WireError;
  /** Id of the task instance, such as `parse#0`. */
  readonly node: string;
  /** Its key, when the stream is keyed. */
  readonly key: PartitionKey | undefined;
  /** Its headers, if it has any. */
  readonly headers: Headers | undefined;
  /** Channel it came by and its sequence number there. */
  readonly channel: number;
  readonly seq: number;
  /** Which attempt failed last; the first is 1. */
  readonly attempt: number;
  /** Wall-clock time of the failure in ms since the Unix epoch. */
  readonly time: number;
}

/** Port: where dead letters go, as part of a commit. */
export interface DeadLetterSink {
  /**
   * Accepts the letters of one commit. A promise means that none was accepted, since there is no room: write them
   * again when it has settled.
   *
   * @throws SageError `DEAD_LETTERS_FULL` when they do not fit and nobody will make room; the first ones may be kept
   * as evidence, and the commit must not be applied.
   */
  write(letters: readonly DeadLetter[]): MaybePromise<void>;
  /**
   * Takes what was found committed of a task in place of all letters that were written for it so far; those that were taken
   * out meanwhile stay out.
   */
  restore?(node: string, letters: readonly DeadLetter[]): void;
  /** Letters that were taken out may be restored: that they were may be lost. */
  forgetRemoved?(): void;
  /** How full it is, in words such as `the store holds 5 of 5`, for who has to find out what a task waits for. */
  readonly fill?: string;
}

/** What a task waits for whose dead letters find no room, in words. */
export function roomForLetters({ fill }: DeadLetterSink): string {
  return `room for its dead letters${fill === undefined ? "" : ` (${fill})`}`;
}

/** The id of a dead letter: where its record failed. */
export function deadLetterId(node: string, channel: number, seq: number): string {
  return `${node}/${channel}:${seq}`;
}
