import { Batch, TaskLedger, type TaskProgress, type UnitOfWork } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeCommit } from "./fake-commit.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { applyMutant, commitMutant, recordMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

const withoutStop = ({ channel, firstSeq, payloads }: Batch): Batch => new Batch(channel, firstSeq, payloads);

/** A mutant that commits the parts of a unit other than they are. */
const partsMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (unit: UnitOfWork) => Partial<UnitOfWork>,
): Mutant<StateStoreSubject> =>
  commitMutant(
    id,
    title,
    breaks,
    class extends FakeCommit {
      protected override applied(unit: UnitOfWork): ReturnType<FakeCommit["applied"]> {
        return super.applied({ ...unit, ...wrong(unit) });
      }
    },
  );

/** Mutants that lose or garble a part of a unit. */
export const storeProgressMutants: readonly Mutant<StateStoreSubject>[] = [
  partsMutant("KM-30", "loses the state", ["K-01", "K-02"], () => ({ state: [] })),
  partsMutant("KM-31", "loses what is collected", ["K-02", "K-61"], () => ({ collected: [] })),
  partsMutant("KM-32", "loses the outputs", ["K-02", "K-61"], () => ({ outputs: [] })),
  partsMutant("KM-33", "loses the position", ["K-02", "K-34"], () => ({ position: undefined })),
  partsMutant("KM-34", "takes a falsy position for none", ["K-34"], ({ position }) => ({
    position: position || undefined,
  })),
  partsMutant("KM-35", "takes null for no position", ["K-34"], ({ position }) => ({
    position: position ?? undefined,
  })),
  partsMutant("KM-36", "loses the stop signals", ["K-02"], ({ outputs }) => ({
    outputs: outputs.map(({ batch, ...to }) => ({ ...to, batch: withoutStop(batch) })),
  })),
  partsMutant(
    "KM-37",
    "moves the input to its position again when there is no new one",
    ["K-34"],
    (unit) => ({
      position: unit.position === undefined && unit.sequence > 1 ? unit.sequence : unit.position,
    }),
  ),
  applyMutant("KM-38", "loses what is done ahead", ["K-02", "K-33"], () => ({ ahead: [] })),
  applyMutant("KM-39", "adds up what is done ahead", ["K-02", "K-33"], ({ ahead }, record) => ({
    ahead: [...record.ahead, ...ahead],
  })),
  applyMutant("KM-40", "loses how much was handed out", ["K-02"], () => ({ handedOut: 0 })),
  applyMutant("KM-41", "adds up how much was handed out", ["K-33"], ({ handedOut }, record) => ({
    handedOut: record.handedOut + handedOut,
  })),
  applyMutant("KM-42", "loses that the task has finished", ["K-02"], () => ({ finished: false })),
  applyMutant("KM-43", "does not commit the counts", ["K-02"], (_, record) => ({ ledger: record.ledger })),
  applyMutant("KM-44", "adds up the counts", ["K-33"], ({ ledger }, record) => {
    const sum = new TaskLedger();
    sum.set(record.ledger);
    sum.add(ledger.toJSON());
    return { ledger: sum };
  }),
  applyMutant("KM-45", "loses what was consumed", ["K-02", "K-33"], () => ({ consumed: [] })),
  applyMutant("KM-46", "notes the first batch that was consumed only", ["K-02"], ({ consumed }) => ({
    consumed: consumed.slice(0, 1),
  })),
  applyMutant("KM-47", "loses which channels have stopped", ["K-02", "K-33"], ({ consumed }) => ({
    consumed: consumed.map(withoutStop),
  })),
  applyMutant("KM-48", "takes what was consumed for what was sent", ["K-02"], ({ consumed, outputs }) => ({
    outputs: outputs.flatMap(({ queue, connection }) =>
      consumed.map((batch) => ({ queue, connection, batch })),
    ),
  })),
  applyMutant("KM-49", "loses what was sent", ["K-02", "K-51"], () => ({ outputs: [] })),
  recordMutant(
    "KM-50",
    "forgets its position with a unit that has none",
    ["K-34"],
    class extends FakeTaskRecord {
      override apply(unit: UnitOfWork): void {
        super.apply(unit);
        this.position = unit.position;
      }
    },
  ),
  recordMutant(
    "KM-51",
    "restores what moves on",
    ["K-22"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        return this;
      }
    },
  ),
  recordMutant(
    "KM-52",
    "restores marks that move on",
    ["K-22"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        return { ...super.snapshot(), sent: this.sent, received: this.received };
      }
    },
  ),
  recordMutant(
    "KM-53",
    "restores counts that move on",
    ["K-22"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        return { ...super.snapshot(), ledger: this.ledger };
      }
    },
  ),
  commitMutant(
    "KM-54",
    "shows the progress as it was restored",
    ["K-22"],
    class extends FakeCommit {
      override get progress(): TaskProgress {
        return this.restored;
      }
    },
  ),
  recordMutant(
    "KM-55",
    "restores that nothing was handed out, finished or done ahead",
    ["K-21", "K-33"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        return { ...super.snapshot(), handedOut: 0, finished: false, ahead: [] };
      }
    },
  ),
  commitMutant(
    "KM-56",
    "has the state of its own incarnation only",
    ["K-01", "K-21", "K-61"],
    class extends FakeCommit {
      readonly #own = new FakeTaskRecord();

      override get state(): FakeTaskRecord {
        return this.#own;
      }

      protected override applied(unit: UnitOfWork): ReturnType<FakeCommit["applied"]> {
        this.#own.apply(unit);
        return super.applied(unit);
      }
    },
  ),
  recordMutant(
    "KM-57",
    "sorts the entries for a new incarnation",
    ["K-26"],
    class extends FakeTaskRecord {
      override snapshot(): TaskProgress {
        for (const [name, cells] of this.tables) {
          const sorted = [...cells].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
          this.tables.set(name, new Map(sorted));
        }
        return super.snapshot();
      }
    },
  ),
];
