import { toCell } from "./cell.ts";

/** A column: its title, which way it is aligned, and what it shows of a row. */
export interface Column<Row> {
  readonly title: string;
  readonly align: "left" | "right";
  /** The text of a row's cell. */
  show(row: Row): string;
}

/** A titled table with aligned columns; with `(none)` in place of its rows when there are none. */
export function formatTable<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): string {
  if (rows.length === 0) return `${title}\n  (none)`;
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => toCell(column.show(row)))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => [...(line[i] as string)].length)));
  const lines = cells.map((line) =>
    line.map((cell, i) => pad(cell, widths[i] as number, columns[i]?.align === "right")).join("  "),
  );
  return [title, ...lines.map((line) => `  ${line.trimEnd()}`)].join("\n");
}

function pad(cell: string, width: number, right: boolean): string {
  const space = " ".repeat(width - [...cell].length);
  return right ? space + cell : cell + space;
}
