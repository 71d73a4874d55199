import { SageError } from "@sage-kernel/core";
import type { StateKey, TaskContents } from "@sage-kernel/core/spi";
import type { HubJobStore } from "./hub-job-store.ts";

/** Cells of tables, as far as they have come. */
export type Tables = TaskContents["tables"];

interface Begun {
  readonly tables: Map<string, [StateKey, unknown][]>;
  pieces: number;
}

/** Tables that come in pieces, until all have come; what has come of them goes with its job. */
export class TablePieces {
  readonly #begun = new WeakMap<HubJobStore, Map<string, Begun>>();

  /** Takes in a piece of a task's tables, behind `before` others; the first one forgets what came earlier. @throws SageError `INVALID_OPTION`. */
  add(store: HubJobStore, node: string, before: number, tables: Tables): void {
    const begun: Begun = before === 0 ? { tables: new Map(), pieces: 0 } : this.#of(store, node, before);
    for (const [table, cells] of tables) {
      const there = begun.tables.get(table) ?? [];
      for (const cell of cells) there.push([...cell]);
      begun.tables.set(table, there);
    }
    begun.pieces++;
    const ofJob = this.#begun.get(store) ?? new Map<string, Begun>();
    this.#begun.set(store, ofJob.set(node, begun));
  }

  /** All of them, with the last piece, behind `before` others. @throws SageError `INVALID_OPTION`. */
  end(store: HubJobStore, node: string, before: number, tables: Tables): Tables {
    this.add(store, node, before, tables);
    const all = this.#of(store, node, before + 1).tables;
    this.#begun.get(store)?.delete(node);
    return all;
  }

  #of(store: HubJobStore, node: string, pieces: number): Begun {
    const begun = this.#begun.get(store)?.get(node);
    if (begun?.pieces === pieces) return begun;
    const problem = `is ${pieces}, and ${begun?.pieces ?? 0} have come`;
    throw new SageError("INVALID_OPTION", {
      path: "before",
      problem,
      expected: "all pieces, one behind the other",
    });
  }
}
