import type { JsonValue } from "@sage-kernel/core";
import { absent, type DeadLetter, type StateKey, type UnitOfWork } from "@sage-kernel/core/spi";
import type { TaskProbe } from "./store-lab.ts";
import { nothingYet } from "./store-probes.ts";

/** Everything that commits can change, as {@link TaskProbe.seen} shows it. */
export type Seen = Awaited<ReturnType<TaskProbe["seen"]>>;

/** What a task must have committed, computed from the units that were applied, as plainly as can be. */
export class StoreModel {
  /** Incarnations so far. */
  epoch = 0;
  /** The units that were applied, in order. */
  readonly units: UnitOfWork[] = [];

  /** What a correct store answers to a unit, where its dead letters are accepted. */
  outcomeOf(unit: UnitOfWork): "applied" | "alreadyApplied" | "fenced" | "mismatch" {
    if (unit.epoch !== this.epoch) return "fenced";
    if (unit === this.units.at(-1)) return "alreadyApplied";
    return unit.sequence === this.units.length + 1 ? "applied" : "mismatch";
  }

  /** What must be visible now; all outputs go to the queue `out`. */
  seen(): Seen {
    const { units } = this;
    const positions = units.flatMap(({ position }): JsonValue[] =>
      position === undefined ? [] : [position],
    );
    return {
      progress: { ...this.#progress(), position: positions.at(-1) },
      cells: this.#cells(),
      letters: units.flatMap(({ deadLetters }): readonly DeadLetter[] => deadLetters),
      collected: units.flatMap(({ collected }) => collected),
      positions,
      queues: { out: units.flatMap(({ outputs }) => outputs.flatMap(({ batch }) => batch.payloads)) },
    };
  }

  #progress(): Seen["progress"] {
    const last = this.units.at(-1);
    if (last === undefined) return nothingYet;
    const { sequence, ahead, handedOut, finished, ledger } = last;
    const { inFlight: _, ...counts } = ledger.toJSON();
    const sent = this.units.flatMap(({ outputs }) => outputs.map(({ batch }) => batch));
    const received = this.units.flatMap(({ consumed }) => consumed);
    const own = { sequence, position: undefined, ahead: [...ahead], handedOut, finished, ledger: counts };
    const retired = false;
    return { ...own, retired, received: marksOf(received), sent: marksOf(sent) };
  }

  #cells(): Seen["cells"] {
    const tables = new Map<string, (readonly [StateKey, unknown])[]>();
    for (const { table, cleared, cells } of this.units.flatMap(({ state }) => state)) {
      const entries = cleared ? [] : [...(tables.get(table) ?? [])];
      for (const [key, cell] of cells) {
        const at = entries.findIndex(([other]) => other === key);
        if (cell === absent) entries.splice(at, at < 0 ? 0 : 1);
        else if (at < 0) entries.push([key, cell]);
        else entries[at] = [key, cell];
      }
      tables.set(table, entries);
    }
    const kept = [...tables].filter(([, entries]) => entries.length > 0);
    return kept.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function marksOf(batches: UnitOfWork["consumed"]): Seen["progress"]["received"] {
  const last = new Map(batches.map((batch) => [batch.channel, batch.firstSeq + batch.payloads.length]));
  const stopped = batches.filter(({ stop }) => stop !== undefined).map(({ channel }) => channel);
  return {
    records: Object.fromEntries([...last].filter(([, count]) => count > 0)),
    stopped: [...new Set(stopped)].sort((a, b) => a - b),
  };
}
