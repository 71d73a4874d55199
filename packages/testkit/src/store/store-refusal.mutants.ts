import { SageError } from "@sage-kernel/core";
import type { CommitOutcome, MaybePromise, UnitOfWork } from "@sage-kernel/core/spi";
import { settle } from "../clock/fake-clock.ts";
import type { Mutant } from "../contract/mutant.ts";
import { FakeCommit } from "./fake-commit.ts";
import { commitMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

type Outcome = CommitOutcome | undefined;

/** Mutants that leave traces of what they refuse, refuse too much, or do things in the wrong order. */
export const storeRefusalMutants: readonly Mutant<StateStoreSubject>[] = [
  commitMutant(
    "KM-87",
    "writes dead letters before it looks whose they are",
    ["K-04", "K-06", "K-41"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        return this.crowded(unit) ?? this.refusal(unit) ?? this.applied(unit);
      }
    },
  ),
  commitMutant(
    "KM-88",
    "collects before it looks at anything",
    ["K-04", "K-06", "K-40"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        this.collect(unit);
        return super.commit({ ...unit, collected: [] });
      }
    },
  ),
  commitMutant(
    "KM-89",
    "moves the input although it refuses the unit",
    ["K-04", "K-06"],
    class extends FakeCommit {
      protected override refusal(unit: UnitOfWork): Outcome {
        const refusal = super.refusal(unit);
        if (refusal?.code === "fenced" || refusal?.code === "mismatch") this.advance(unit);
        return refusal;
      }
    },
  ),
  commitMutant(
    "KM-96",
    "applies a unit that comes again a second time",
    ["K-05", "K-45", "K-48", "K-56"],
    class extends FakeCommit {
      protected override refusal(unit: UnitOfWork): Outcome {
        if (!this.isFenced(unit) && this.record.knows(unit)) this.applied(unit);
        return super.refusal(unit);
      }
    },
  ),
  commitMutant(
    "KM-101",
    "writes the state although the dead letters are refused",
    ["K-38", "K-39", "K-40"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        const { sequence, last } = this.record;
        if (unit.deadLetters.length > 0) {
          const { state, epoch, attempt } = unit;
          this.record.apply({
            ...unit,
            ...this.record.snapshot(),
            state,
            epoch,
            attempt,
            consumed: [],
            outputs: [],
          });
          Object.assign(this.record, { sequence, last });
        }
        return super.crowded(unit);
      }
    },
  ),
  commitMutant(
    "KM-102",
    "sends the outputs although the dead letters are refused",
    ["K-38", "K-39", "K-40"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        for (const { queue, batch } of unit.outputs) queue.offer(batch);
        return super.crowded(unit);
      }

      protected override send(): undefined {
        return undefined;
      }
    },
  ),
  commitMutant(
    "KM-103",
    "moves the input although there is no room",
    ["K-40", "K-43"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        const room = super.crowded(unit);
        if (room !== undefined) this.advance(unit);
        return room;
      }
    },
  ),
  commitMutant(
    "KM-104",
    "counts a unit that there was no room for",
    ["K-40", "K-43"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        const room = super.crowded(unit);
        if (room !== undefined)
          this.record.last = Object.assign(unit, { sequence: this.record.sequence + 1 });
        if (room !== undefined) this.record.sequence++;
        return room;
      }
    },
  ),
  commitMutant(
    "KM-105",
    "waits for room instead of saying that there is none",
    ["K-40"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        const outcome = super.commit(unit) as CommitOutcome;
        return outcome.code === "backpressure" ? outcome.room.then(() => this.commit(unit)) : outcome;
      }
    },
  ),
  commitMutant(
    "KM-106",
    "drops dead letters that are refused",
    ["K-38", "K-39"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        try {
          return super.crowded(unit);
        } catch {
          return undefined;
        }
      }
    },
  ),
  commitMutant(
    "KM-107",
    "says of a refused dead letter that nobody knows",
    ["K-38"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        try {
          return super.crowded(unit);
        } catch (error) {
          throw new SageError("COMMIT_UNANSWERED", { node: this.scope.node, reason: String(error) });
        }
      }
    },
  ),
  commitMutant(
    "KM-108",
    "drops dead letters that there is no room for",
    ["K-40"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        super.crowded(unit);
        return undefined;
      }
    },
  ),
  commitMutant(
    "KM-109",
    "holds a unit that was held back by an earlier incarnation for a next one",
    ["K-43"],
    class extends FakeCommit {
      #held: UnitOfWork | undefined;

      protected override isFenced(unit: UnitOfWork): boolean {
        return unit !== this.#held && super.isFenced(unit);
      }

      protected override crowded(unit: UnitOfWork): Outcome {
        const room = super.crowded(unit);
        if (room !== undefined) this.#held = unit;
        return room;
      }
    },
  ),
  commitMutant(
    "KM-110",
    "looks first and applies a turn later",
    ["K-48", "K-49"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        const refusal = this.refusal(unit) ?? this.crowded(unit);
        return refusal ?? settle().then(() => this.applied(unit));
      }
    },
    ["objects"],
  ),
  commitMutant(
    "KM-111",
    "shows the state a turn before the progress",
    ["K-36"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        const refusal = this.refusal(unit) ?? this.crowded(unit);
        if (refusal !== undefined) return refusal;
        const { record } = this;
        for (const changes of unit.state) record.change(changes);
        return settle().then(() => this.applied(unit));
      }
    },
    ["objects"],
  ),
  commitMutant(
    "KM-112",
    "answers with promises and says that it need not",
    ["K-37"],
    class extends FakeCommit {
      override commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
        return Promise.resolve(super.commit(unit));
      }
    },
  ),
  commitMutant(
    "KM-113",
    "needs somebody who collects",
    ["K-44"],
    class extends FakeCommit {
      protected override collect({ collected }: UnitOfWork): void {
        this.scope.collect?.(collected);
        if (this.scope.collect === undefined && collected.length > 0) throw new Error("nobody collects");
      }
    },
  ),
  commitMutant(
    "KM-114",
    "writes dead letters also where there are none",
    ["K-44"],
    class extends FakeCommit {
      protected override crowded(unit: UnitOfWork): Outcome {
        if (unit.deadLetters.length === 0) this.scope.deadLetters.write([]);
        return super.crowded(unit);
      }
    },
  ),
];
