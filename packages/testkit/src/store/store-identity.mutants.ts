import type { CommitOutcome, UnitOfWork } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeCommit } from "./fake-commit.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { commitMutant, recordMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** A mutant that takes other units for the last one. */
const knowsMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  knows: (unit: UnitOfWork, record: FakeTaskRecord, units: readonly UnitOfWork[]) => boolean,
): Mutant<StateStoreSubject> =>
  recordMutant(
    id,
    title,
    breaks,
    class extends FakeTaskRecord {
      readonly #units: UnitOfWork[] = [];

      override knows(unit: UnitOfWork): boolean {
        return knows(unit, this, this.#units);
      }

      override apply(unit: UnitOfWork): void {
        super.apply(unit);
        this.#units.push(unit);
      }
    },
  );

/** A mutant that takes other units for the next one. */
const awaitsMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  awaits: (sequence: number, next: number) => boolean,
): Mutant<StateStoreSubject> =>
  recordMutant(
    id,
    title,
    breaks,
    class extends FakeTaskRecord {
      override awaits({ sequence }: UnitOfWork): boolean {
        return awaits(sequence, this.sequence + 1);
      }
    },
  );

/** A mutant that takes other units for those of an earlier incarnation. */
const fencedMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  isFenced: (unit: UnitOfWork, own: number, latest: number) => boolean,
): Mutant<StateStoreSubject> =>
  commitMutant(
    id,
    title,
    breaks,
    class extends FakeCommit {
      protected override isFenced(unit: UnitOfWork): boolean {
        return isFenced(unit, this.epoch, this.record.epoch);
      }
    },
  );

/** Mutants that mistake whose a unit is, or which. */
export const storeIdentityMutants: readonly Mutant<StateStoreSubject>[] = [
  fencedMutant("KM-80", "fences nobody", ["K-04", "K-41", "K-43", "K-46"], () => false),
  fencedMutant(
    "KM-81",
    "takes the epoch that a unit says for that of its incarnation",
    ["K-42"],
    ({ epoch }, _, latest) => epoch !== latest,
  ),
  fencedMutant(
    "KM-82",
    "does not look at the epoch that a unit says",
    ["K-41"],
    (_, own, latest) => own !== latest,
  ),
  fencedMutant(
    "KM-83",
    "fences lower epochs only",
    ["K-41"],
    ({ epoch }, own, latest) => Math.min(epoch, own) < latest,
  ),
  fencedMutant(
    "KM-84",
    "does not fence the incarnation before the latest",
    ["K-04"],
    ({ epoch }, own, latest) => Math.min(epoch, own) < latest - 1,
  ),
  commitMutant(
    "KM-85",
    "looks for a unit that comes again before it looks whose it is",
    ["K-04", "K-46"],
    class extends FakeCommit {
      protected override refusal(unit: UnitOfWork): CommitOutcome | undefined {
        return this.record.knows(unit) ? this.downstream("alreadyApplied") : super.refusal(unit);
      }
    },
  ),
  commitMutant(
    "KM-86",
    "looks whose a unit is last, after its number",
    ["K-04"],
    class extends FakeCommit {
      protected override refusal(unit: UnitOfWork): CommitOutcome | undefined {
        return this.record.knows(unit) || this.record.awaits(unit)
          ? super.refusal(unit)
          : { code: "mismatch" };
      }
    },
  ),
  knowsMutant("KM-90", "does not know a unit that comes again", ["K-05", "K-45", "K-48"], () => false),
  knowsMutant(
    "KM-91",
    "knows a unit by its number",
    ["K-06", "K-47"],
    ({ sequence }, record) => sequence === record.sequence && sequence > 0,
  ),
  knowsMutant(
    "KM-92",
    "knows a unit by number and attempt",
    ["K-47"],
    ({ sequence, attempt }, { last }) => sequence === last?.sequence && attempt === last.attempt,
  ),
  knowsMutant(
    "KM-93",
    "knows a unit by its attempt",
    ["K-47"],
    ({ attempt }, { last }) => attempt === last?.attempt,
  ),
  knowsMutant("KM-94", "knows every unit that it has applied", ["K-06"], (unit, _, units) =>
    units.some(({ epoch, attempt }) => epoch === unit.epoch && attempt === unit.attempt),
  ),
  knowsMutant("KM-95", "knows a unit as an object", ["K-05"], (unit, { last }) => unit === last),
  awaitsMutant("KM-97", "has gaps", ["K-06"], (sequence, next) => sequence >= next),
  awaitsMutant("KM-98", "takes what has a low number", ["K-06"], (sequence, next) => sequence <= next),
  awaitsMutant(
    "KM-99",
    "refuses numbers that are lower or higher, and takes NaN",
    ["K-06"],
    (sequence, next) => !(sequence < next || sequence > next),
  ),
  awaitsMutant("KM-100", "rounds numbers", ["K-06"], (sequence, next) => Math.floor(sequence) === next),
];
