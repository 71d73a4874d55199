/** A name and how much of something it has. */
export type Ranked = readonly [name: string, amount: number];

/** The `top` names with the largest amounts, largest first; equal amounts in the order of the names' code units. */
export function rank(amounts: Iterable<Ranked>, top: number): Ranked[] {
  return [...amounts].sort(byRank).slice(0, top);
}

/** Compares two names: larger amounts first, equal amounts by name. */
export function byRank([nameA, amountA]: Ranked, [nameB, amountB]: Ranked): number {
  if (amountA !== amountB) return amountB - amountA;
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
}
