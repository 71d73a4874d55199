import assert from "node:assert/strict";
import { type ErrorCode, hasCode, type JsonValue } from "@sage-kernel/core";
import { type ChannelMessage, type JobSeat, type MaybePromise, managerSeat } from "@sage-kernel/core/spi";
import { rejectionOf } from "../contract/probes.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

/** To whoever manages. */
export const manager = { name: managerSeat };

/** A manager and a worker, each in a process of its own. */
export async function seats(subject: JobChannelSubject): Promise<{ boss: JobSeat; worker: JobSeat }> {
  const boss = await (await subject.open("host")).join(managerSeat);
  const worker = await (await subject.open("one")).join("worker");
  return { boss, worker };
}

/** The seat of that name in another process. */
export async function joined(
  subject: JobChannelSubject,
  peer: string,
  name: string,
  takeover: "wait" | "fence" = "fence",
): Promise<JobSeat> {
  return (await subject.open(peer)).join(name, { takeover });
}

/** Takes so many messages, in as many takes as that needs. */
export async function takeSome(seat: JobSeat, count: number): Promise<readonly ChannelMessage[]> {
  const taken: ChannelMessage[] = [];
  while (taken.length < count) {
    const more = await seat.take(count - taken.length);
    assert.ok(more.length > 0, "a take answers nothing");
    taken.push(...more);
  }
  return taken;
}

/** Takes so many messages and settles them; their bodies. */
export async function received(seat: JobSeat, count: number): Promise<readonly JsonValue[]> {
  const messages = await takeSome(seat, count);
  await seat.settle(messages);
  return messages.map(({ body }) => body);
}

/** Fails unless an operation is refused with this code. */
export async function assertCode(operation: () => MaybePromise<unknown>, code: ErrorCode): Promise<void> {
  const error = await rejectionOf(operation);
  assert.equal((error as { code?: unknown }).code, code, String(error));
}

/** Fails unless an operation is refused since its seat is lost. */
export async function assertLost(operation: () => MaybePromise<unknown>, what: string): Promise<void> {
  const error = await rejectionOf(operation);
  assert.ok(hasCode(error, "SEAT_LOST"), `${what} must be refused with SEAT_LOST, not with ${String(error)}`);
}
