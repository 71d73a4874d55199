import type { StateStoreFactory, UnitOfWork } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import type { FakeCommit } from "./fake-commit.ts";
import { FakeStateStores, type FakeStoreParts } from "./fake-state-stores.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { type StateStoreSubject, stateStoreBinding } from "./store-subject.ts";

/** What the mutants can do: to fill a large table takes longer than all else, so few of them do. */
const usual = ["synchronous", "objects"];

/** The fake stores in front of the contract: the reference that the mutants change. */
export const fakeStoreBinding = stateStoreBinding(() => ({ stores: new FakeStateStores() }), {
  capabilities: [...usual, "large"],
});

/** Other stores, as a mutant of the contract; `stores` makes them for each case. */
export function storesMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  stores: () => StateStoreFactory,
  capabilities: readonly string[] = usual,
): Mutant<StateStoreSubject> {
  return { id, title, breaks, ...stateStoreBinding(() => ({ stores: stores() }), { capabilities }) };
}

/** Fake stores of which each incarnation has something overridden. */
export function commitMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new (...args: ConstructorParameters<typeof FakeCommit>) => FakeCommit,
  capabilities?: readonly string[],
): Mutant<StateStoreSubject> {
  const parts: FakeStoreParts = { commit: (...args) => new Wrong(...args) };
  return storesMutant(id, title, breaks, () => new FakeStateStores(parts), capabilities);
}

/** Fake stores of which the record of each task has something overridden. */
export function recordMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: new () => FakeTaskRecord,
  capabilities?: readonly string[],
): Mutant<StateStoreSubject> {
  return storesMutant(
    id,
    title,
    breaks,
    () => new FakeStateStores({ record: () => new Wrong() }),
    capabilities,
  );
}

/** Fake stores whose records take a unit for another one. */
export function applyMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (unit: UnitOfWork, record: FakeTaskRecord) => Partial<UnitOfWork>,
): Mutant<StateStoreSubject> {
  return recordMutant(
    id,
    title,
    breaks,
    class extends FakeTaskRecord {
      override apply(unit: UnitOfWork): void {
        super.apply({ ...unit, ...wrong(unit, this) });
      }
    },
  );
}
