import { absent, type StateKey, type StoredCells, type TableChanges } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { applyMutant, recordMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** A mutant that takes the changes of a table for others. */
const changesMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (changes: TableChanges) => Partial<TableChanges>,
): Mutant<StateStoreSubject> =>
  applyMutant(id, title, breaks, ({ state }) => ({
    state: state.map((changes) => ({ ...changes, ...wrong(changes) })),
  }));

/** A mutant whose keys are others. */
const keysMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (key: StateKey) => StateKey,
): Mutant<StateStoreSubject> =>
  recordMutant(
    id,
    title,
    breaks,
    class extends FakeTaskRecord {
      override table(name: string): StoredCells {
        const right = super.table(name);
        return { get: (key) => right.get(wrong(key)), entries: () => right.entries() };
      }

      override change(changes: TableChanges): void {
        super.change({
          ...changes,
          cells: new Map([...changes.cells].map(([key, cell]) => [wrong(key), cell])),
        });
      }
    },
  );

/** A mutant whose tables are read otherwise. */
const readMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (cells: () => Map<StateKey, unknown>) => Partial<StoredCells>,
): Mutant<StateStoreSubject> =>
  recordMutant(
    id,
    title,
    breaks,
    class extends FakeTaskRecord {
      override table(name: string): StoredCells {
        return { ...super.table(name), ...wrong(() => this.cells(name)) };
      }
    },
  );

const setOnly = ([, cell]: readonly [StateKey, unknown]): boolean => cell !== absent;

/** Mutants that keep or read cells wrong. */
export const storeStateMutants: readonly Mutant<StateStoreSubject>[] = [
  changesMutant("KM-01", "does not delete", ["K-01", "K-24", "K-60"], ({ cells }) => ({
    cells: new Map([...cells].filter(setOnly)),
  })),
  changesMutant("KM-02", "keeps a mark where a cell was deleted", ["K-01", "K-28"], ({ cells }) => ({
    cells: new Map([...cells].map(([key, cell]) => [key, cell === absent ? "deleted" : cell])),
  })),
  changesMutant("KM-03", "does not clear", ["K-27", "K-60"], () => ({ cleared: false })),
  changesMutant("KM-04", "clears last", ["K-27"], ({ cleared, cells }) =>
    cleared ? { cells: new Map() } : { cells },
  ),
  changesMutant("KM-05", "clears whatever is changed", ["K-01", "K-26"], () => ({ cleared: true })),
  changesMutant(
    "KM-06",
    "clears before the cells of a unit only where there are any",
    ["K-27"],
    ({ cleared, cells }) => ({
      cleared: cleared && cells.size > 0,
    }),
  ),
  changesMutant("KM-07", "has one table for all names", ["K-01", "K-28"], () => ({ table: "sums" })),
  changesMutant("KM-08", "drops cells that are falsy", ["K-29"], ({ cells }) => ({
    cells: new Map([...cells].map(([key, cell]) => [key, cell || absent])),
  })),
  changesMutant("KM-09", "keeps what JSON makes of a cell", ["K-30"], ({ cells }) => ({
    cells: new Map([...cells].map(([key, cell]) => [key, cell === absent ? cell : jsonOf(cell)])),
  })),
  changesMutant("KM-10", "cuts long texts", ["K-29"], ({ cells }) => ({
    cells: new Map(
      [...cells].map(([key, cell]) => [key, typeof cell === "string" ? cell.slice(0, 65_535) : cell]),
    ),
  })),
  keysMutant("KM-11", "takes every key for a text", ["K-24"], (key) => String(key)),
  keysMutant("KM-12", "takes a missing key for null", ["K-24"], (key) => key ?? null),
  keysMutant("KM-13", "takes a bigint for a number", ["K-24"], (key) =>
    typeof key === "bigint" ? Number(key) : key,
  ),
  keysMutant("KM-14", "encodes keys as UTF-8", ["K-24"], (key) =>
    typeof key === "string" ? Buffer.from(key).toString() : key,
  ),
  keysMutant("KM-15", "brings texts into a normal form", ["K-24"], (key) =>
    typeof key === "string" ? key.normalize() : key,
  ),
  keysMutant("KM-16", "tells -0 from 0", ["K-25"], (key) => (Object.is(key, -0) ? "-0" : key)),
  readMutant("KM-17", "has no falsy keys", ["K-24"], (cells) => ({
    get: (key) => (key ? cells().get(key) : undefined),
  })),
  recordMutant(
    "KM-18",
    "moves a key to the end when it is stored again",
    ["K-26"],
    class extends FakeTaskRecord {
      override change(changes: TableChanges): void {
        const cells = new Map([...changes.cells].map(([key]) => [key, absent]));
        super.change({ ...changes, cells });
        super.change({ ...changes, cleared: false });
      }
    },
  ),
  readMutant("KM-19", "has its entries in the order of an object's properties", ["K-26"], (cells) => ({
    entries: () =>
      [...cells()].sort(([a], [b]) => Number(typeof b === "number") - Number(typeof a === "number")),
  })),
  readMutant("KM-20", "shows a table as it was when it was asked for", ["K-01"], (cells) => {
    const early = new Map(cells());
    return { get: (key) => early.get(key), entries: () => [...early] };
  }),
  readMutant("KM-21", "reads its entries in pages, which shift", ["K-31"], (cells) => ({
    *entries() {
      for (let first = 0; first < cells().size; first += 500) {
        let n = 0;
        for (const entry of cells()) if (n++ >= first && n <= first + 500) yield entry;
      }
    },
  })),
  recordMutant(
    "KM-22",
    "goes on reading in a table that was cleared",
    ["K-32"],
    class extends FakeTaskRecord {
      override table(name: string): StoredCells {
        return { ...super.table(name), entries: () => this.cells(name).entries() };
      }

      override change(changes: TableChanges): void {
        if (changes.cleared) this.cells(changes.table).clear();
        super.change({ ...changes, cleared: false });
      }
    },
  ),
  recordMutant(
    "KM-23",
    "has room for 65,536 keys in a table",
    ["K-11"],
    class extends FakeTaskRecord {
      override change(changes: TableChanges): void {
        super.change(changes);
        const cells = this.cells(changes.table);
        if (cells.size <= 65_536) return;
        for (const key of [...cells.keys()].slice(65_536)) cells.delete(key);
      }
    },
    ["large"],
  ),
  recordMutant(
    "KM-24",
    "names tables that were emptied",
    ["K-28"],
    class extends FakeTaskRecord {
      override names(): readonly string[] {
        return [...this.tables.keys()];
      }
    },
  ),
  recordMutant(
    "KM-25",
    "names tables that were asked for",
    ["K-28"],
    class extends FakeTaskRecord {
      readonly #asked = new Set<string>();

      override table(name: string): StoredCells {
        this.#asked.add(name);
        return super.table(name);
      }

      override names(): readonly string[] {
        return [...new Set([...super.names(), ...this.#asked])];
      }
    },
  ),
  recordMutant(
    "KM-26",
    "keeps its tables in an object",
    ["K-28"],
    class extends FakeTaskRecord {
      override cells(name: string): Map<StateKey, unknown> {
        return name in Object.prototype ? new Map() : super.cells(name);
      }
    },
  ),
];

/** What becomes of a cell that is written as JSON and read again. */
function jsonOf(cell: unknown): unknown {
  const text = JSON.stringify(cell, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
  return text === undefined ? null : JSON.parse(text);
}
