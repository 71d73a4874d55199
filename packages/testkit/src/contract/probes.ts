import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { isPromiseLike, type MaybePromise } from "@sage-kernel/core/spi";
import { settle } from "../clock/fake-clock.ts";

/** Starts an operation whose outcome is looked at later; that it fails before that is no accident. */
export function started<T>(operation: () => MaybePromise<T>): Promise<T> {
  const running = (async () => operation())();
  running.catch(() => undefined);
  return running;
}

/** Fails unless the operation is still waiting after everything ready has run. */
export async function assertWaits(operation: MaybePromise<unknown>, what: string): Promise<void> {
  let settled = !isPromiseLike(operation);
  const note = (): void => {
    settled = true;
  };
  Promise.resolve(operation).then(note, note);
  for (let turn = 0; turn < 3; turn++) await settle();
  assert.equal(settled, false, `${what} must wait`);
}

/** What an operation is rejected with; fails when it is not. */
export async function rejectionOf(operation: () => MaybePromise<unknown>): Promise<unknown> {
  try {
    await operation();
  } catch (error) {
    return error;
  }
  return assert.fail("the operation must be rejected");
}

/** Fails when something still listens to the signal. */
export function assertNoListener(signal: AbortSignal, what: string): void {
  assert.equal(getEventListeners(signal, "abort").length, 0, `${what} leaves a listener on its signal`);
}

/** The integers from 0 to `count - 1`. */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
