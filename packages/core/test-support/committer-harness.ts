import type { MaybePromise } from "../src/host/maybe-promise.ts";
import { Connection } from "../src/routing/connection.ts";
import { Router } from "../src/routing/router.ts";
import { SingleGroup } from "../src/routing/single-group.ts";
import type { Commit, CommitOutcome, UnitOfWork } from "../src/state/commit.port.ts";
import { TaskRecord } from "../src/state/task-record.ts";
import { TaskState } from "../src/state/task-state.ts";
import { type InputPart, UnitCommitter } from "../src/task/unit-committer.ts";
import { boom, FakeOperator } from "./fake-operator.ts";
import { createRunnerScope } from "./runner-harness.ts";
import { data } from "./task-harness.ts";

/** What a test of a committer may choose. */
export interface CommitterSetup {
  /** Whether a stream takes the dead letters. */
  readonly letters?: boolean;
  /** Whether what is emitted are results of the job. */
  readonly collects?: boolean;
  /** What earlier incarnations have committed. */
  readonly restored?: Partial<TaskRecord>;
}

/** A part of the input without elements. */
export const at = (position: InputPart["position"], more: Partial<InputPart> = {}): InputPart => ({
  ...{ position, consumed: [], ahead: undefined },
  ...more,
});

/** A committer whose commits answer as the test says. */
export function createCommitter({ letters = false, collects = false, restored = {} }: CommitterSetup = {}) {
  const { scope, clock, abort } = createRunnerScope(new FakeOperator(), { onError: "deadLetter" });
  const [records, dead] = [connect(0), connect(1)];
  const deadLetters = letters ? [new SingleGroup("round-robin", dead)] : [];
  const router = new Router([new SingleGroup("round-robin", records)], undefined, { deadLetters });
  const units: UnitOfWork[] = [];
  const answers: (() => MaybePromise<CommitOutcome>)[] = [];
  const record: TaskRecord = Object.assign(new TaskRecord(), restored);
  const commit: Commit = {
    ...{ epoch: 3, restored: record, progress: record, state: record },
    commit: (unit) => {
      units.push(unit);
      return (answers.shift() ?? (() => ({ code: "applied" })))();
    },
  };
  const state = new TaskState(commit.state, commit.restored.handedOut);
  const committer = new UnitCommitter({ ...scope, router, commit, state, collects, transactions: undefined });
  const emit = (...payloads: unknown[]) => scope.out.payloads.push(...payloads);
  const fail = () => scope.faults.settle(data(9, 0, "bad"), 0, boom, 1);
  /** The next commit answers this, or what the function makes of it. */
  const next = (...more: (CommitOutcome | (() => MaybePromise<CommitOutcome>))[]) => {
    for (const each of more) answers.push(typeof each === "function" ? each : () => each);
  };
  return { ...scope, clock, abort, records, dead, router, units, next, committer, state, emit, fail };
}

function connect(channel: number): Connection {
  return new Connection({ step: "s", index: 0, inputIndex: 0, keyed: true, channel, queue: {} as never });
}
