import { hasCode, type JsonValue, SageError } from "@sage-kernel/core";
import { checkedJson, decodeCell, encodeCell } from "@sage-kernel/core/spi";
import { isSimple } from "./simple-data.ts";

/**
 * A cell of a table as a text: `j` and JSON as it is, or `t` and tagged JSON for what JSON does not have.
 *
 * @throws SageError `STATE_INVALID` with the path of the first part that is no data.
 */
export function writeCell(table: string, cell: unknown): string {
  if (isSimple(cell)) return `j${JSON.stringify(cell)}`;
  try {
    return `j${JSON.stringify(checkedJson(cell, () => noJson))}`;
  } catch {
    // then it is written with tags
  }
  try {
    return `t${JSON.stringify(encodeCell(cell))}`;
  } catch (error) {
    const facts = hasCode(error, "NOT_SERIALIZABLE") ? error.details : {};
    const { path = "cell", got = "no data" } = facts as { readonly path?: string; readonly got?: string };
    throw new SageError("STATE_INVALID", { name: table, path, got }, { cause: error });
  }
}

const noJson = new Error("no JSON");

/** The cell that {@link writeCell} wrote. */
export function readCell(text: string): unknown {
  const json = JSON.parse(text.slice(1)) as JsonValue;
  return text[0] === "j" ? json : decodeCell(json);
}
