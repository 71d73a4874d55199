import { type Commit, TaskLedger, type UnitOfWork } from "@sage-kernel/core/spi";

let attempts = 0;

/** The next unit of an incarnation, an attempt of its own; by default with nothing in it. */
export function unitOf(commit: Commit, more: Partial<UnitOfWork> = {}): UnitOfWork {
  return {
    epoch: commit.epoch,
    sequence: commit.progress.sequence + 1,
    attempt: ++attempts,
    position: undefined,
    consumed: [],
    ahead: [],
    outputs: [],
    deadLetters: [],
    collected: [],
    state: [],
    handedOut: 0,
    finished: false,
    ledger: new TaskLedger(),
    ...more,
  };
}
