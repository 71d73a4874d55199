import type { Clock } from "../host/clock.port.ts";
import { positionOf } from "../packet/batch.ts";
import { sizeNow } from "../queue/size-now.ts";
import type { Connection } from "../routing/connection.ts";
import type { Router } from "../routing/router.ts";
import type { Attempt } from "./attempts.ts";
import type { InputTracker } from "./input-tracker.ts";
import type { RecordRunner } from "./record-runner.ts";
import type { UnitCommitter } from "./unit-committer.ts";
import type { WorkerLoop } from "./worker-loop.ts";

/** What a report of a task's waiting is made from. */
export interface WaitFacts {
  readonly node: string;
  readonly isSource: boolean;
  readonly loop: WorkerLoop;
  readonly tracker: InputTracker;
  readonly runner: RecordRunner;
  readonly committer: UnitCommitter;
  readonly router: Router;
  readonly clock: Clock;
}

/** What a task waits for, in words for the person who has to find out why nothing moves; `undefined` if nothing. */
export function describeWait(facts: WaitFacts): string | undefined {
  const { loop, isSource, tracker, committer, router } = facts;
  switch (loop.phase) {
    case "input": {
      if (isSource) return "the next record of its source";
      return `input from ${tracker.awaited.join(", ") || "its feedback loop"}`;
    }
    case "record":
      return committer.waiting
        ? `${describeRecords(facts)}, and for ${describeRoom(facts)}`
        : describeRecords(facts);
    case "room":
      return describeRoom(facts);
    case "hook":
      return "its onInputEnd(), which has not settled";
    case "finish":
      return committer.waiting
        ? (committer.waitsFor ?? `room for its last outputs in ${describeFull(router.connections())}`)
        : tracker.lingering
          ? "the stop signals of its feedback loop"
          : "its finish(), which has not settled";
    case "paused":
      return "resume(): the job is paused";
    default:
      return undefined;
  }
}

function describeRoom({ committer, router, clock }: WaitFacts): string {
  const since = committer.waitingSince;
  const age = since === undefined ? "" : ` for ${Math.round(clock.monotonic() - since)} ms`;
  return `${committer.waitsFor ?? `room in ${describeFull(router.connections())}`}${age}`;
}

function describeRecords({ loop, runner, clock }: WaitFacts): string {
  const now = clock.monotonic();
  const current = loop.current;
  if (current !== undefined) {
    const { attempt } = runner;
    const place = attempt ?? current;
    return `${describeAttempt(positionOf(place.batch, place.index), attempt, now, current.since)}`;
  }
  const flying = [...loop.flying];
  const oldest = flying[0];
  if (oldest === undefined) return "its function";
  const others = flying.length > 1 ? `, and ${flying.length - 1} more records` : "";
  const { batch, index, startedAt } = oldest;
  return `${describeAttempt(positionOf(batch, index), oldest, now, startedAt)}${others}`;
}

function describeAttempt(
  position: string,
  attempt: Pick<Attempt, "progress"> | undefined,
  now: number,
  since: number,
): string {
  const retryAt = attempt?.progress.retryAt;
  if (retryAt !== undefined && retryAt > now) {
    return `attempt ${attempt?.progress.attempt} at record ${position}, which is due in ${Math.round(retryAt - now)} ms`;
  }
  return `its function, which has not settled record ${position} for ${Math.round(now - since)} ms`;
}

/** The inboxes that cannot take more, with their fill. */
function describeFull(connections: readonly Connection[]): string {
  const full = connections.filter((connection) => connection.bufferLoad() >= 1);
  const names = new Set(
    full.map(({ target }) => {
      const { capacity } = target.queue.descriptor;
      return `${target.step}#${target.index} (its queue holds ${sizeNow(target.queue) ?? "an unknown number"} of ${capacity} records)`;
    }),
  );
  return [...names].join(", ") || "a downstream queue";
}
