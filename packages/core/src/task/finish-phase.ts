import { SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { LoopScope } from "./loop-scope.ts";

/**
 * What follows when every input of a task has ended: its operator emits the rest, in parts that fit, then every
 * channel gets its stop signal. The head of a feedback loop stays until the loop has stopped behind it; what still
 * comes round is too late and becomes dead letters.
 */
export async function finishTask(scope: LoopScope, isEnded: () => boolean): Promise<void> {
  const { node, operator, out, router, clock, cursor, maxBatch, committer, hooks, finished, retired } = scope;
  hooks.tables.inHook = true;
  for (let done = finished || retired; !done; ) {
    const finished = operator.finish(out, maxBatch);
    if (isPromiseLike(finished)) cursor.hook = finished;
    done = await finished;
    cursor.hook = undefined;
    if (isEnded()) return;
    if (router.selective) router.select(out, 0);
    if (done) hooks.cells.accept(); // what finish() changed goes with the last of what it emitted
    await committer.flush();
    if (isEnded()) return;
  }
  if (!finished) await committer.stop({ source: node, time: clock.now() });
  while (scope.tracker.lingering && !isEnded()) await buryLateRecords(scope);
}

async function buryLateRecords(scope: LoopScope): Promise<void> {
  const { node, inbox, tracker, cursor, ledger, faults, committer, maxBatch } = scope;
  const taken = inbox.take(maxBatch);
  if (isPromiseLike(taken)) {
    cursor.lingering = true;
    scope.onIdle?.();
  }
  const delivery = await taken;
  cursor.lingering = false;
  if (delivery.batches.length === 0) throw new SageError("QUEUE_CLOSED", { queue: `inbox of ${node}` });
  for (const batch of delivery.batches) {
    if (!tracker.accept(batch)) continue;
    ledger.received += batch.payloads.length;
    for (let i = 0; i < batch.payloads.length; i++) faults.late(batch, i);
    if (batch.stop !== undefined) tracker.stop(batch);
  }
  await committer.flush({ position: delivery.position, consumed: delivery.batches, ahead: [] });
}
