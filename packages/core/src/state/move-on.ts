import { isPromiseLike } from "../host/maybe-promise.ts";
import type { TaskRecord } from "./task-record.ts";

/** Something that moves on now, or later. */
export type Moved = PromiseLike<void> | undefined | void;

/**
 * Moves on what follows a unit of work that was applied, and has the record know until it has: `move` tells each thing that
 * takes its time. What it throws the task hears of as if it had come later, since the unit is applied.
 */
export function moveOn(
  record: Pick<TaskRecord, "delivered">,
  move: (wait: (moved: Moved) => void) => void,
): void {
  const waits: PromiseLike<void>[] = [];
  try {
    move((moved) => {
      if (isPromiseLike(moved)) waits.push(moved);
    });
  } catch (error) {
    waits.push(Promise.reject(error));
  }
  if (waits.length === 0) return;
  const delivered = Promise.all(waits).then(() => undefined);
  record.delivered = delivered;
  delivered.then(
    () => {
      if (record.delivered === delivered) record.delivered = undefined;
    },
    () => undefined, // the task may not be there to hear of it
  );
}
