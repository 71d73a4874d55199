import { readCell, writeCell } from "@sage-kernel/codec";
import type { JsonValue } from "@sage-kernel/core";
import { absent, decodeKey, encodeKey, type StateKey, type TableChanges } from "@sage-kernel/core/spi";
import type { ScriptArgument } from "./redis-port.ts";

/**
 * The order in which keys came, which a hash in Redis does not keep: each value begins with the number of its key. Kept
 * for one incarnation, as it changes with its commits.
 */
export class KeptTables {
  readonly #ordinals = new Map<string, Map<StateKey, number>>();
  /** The number of the next key. */
  next: number;

  constructor(next: number) {
    this.next = next;
  }

  /** Reads a table: its cells in the order in which their keys came. */
  read(name: string, fields: ReadonlyMap<string, string>): Map<StateKey, unknown> {
    const rows = [...fields].map(([field, value]) => {
      const colon = value.indexOf(":");
      const key = decodeKey(JSON.parse(field) as JsonValue);
      return {
        key,
        ordinal: Number(value.slice(0, colon)),
        cell: readCell(value.slice(colon + 1)),
      };
    });
    rows.sort((a, b) => a.ordinal - b.ordinal);
    this.#ordinals.set(name, new Map(rows.map(({ key, ordinal }) => [key, ordinal])));
    return new Map(rows.map(({ key, cell }) => [key, cell]));
  }

  /** What a unit changes, as arguments of a script, and what to do once it is applied. */
  write(changes: readonly TableChanges[]): { readonly args: ScriptArgument[]; readonly applied: () => void } {
    const args: ScriptArgument[] = [];
    const changed: (() => void)[] = [];
    let { next } = this;
    for (const { table, cleared, cells } of changes) {
      const ordinals = new Map(cleared ? [] : this.#ordinals.get(table));
      const set: ScriptArgument[] = [];
      const gone: ScriptArgument[] = [];
      for (const [key, cell] of cells) {
        const field = JSON.stringify(encodeKey(key));
        if (cell === absent) {
          gone.push(field);
          ordinals.delete(key);
          continue;
        }
        const ordinal = ordinals.get(key) ?? next++;
        ordinals.set(key, ordinal);
        set.push(field, `${ordinal}:${writeCell(table, cell)}`);
      }
      args.push(table, cleared ? 1 : 0, set.length / 2, ...set, gone.length, ...gone);
      changed.push(() => this.#ordinals.set(table, ordinals));
    }
    return {
      args,
      applied: () => {
        for (const change of changed) change();
        this.next = next;
      },
    };
  }
}
