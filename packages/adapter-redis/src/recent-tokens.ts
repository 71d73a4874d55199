/** The last tokens that came, as many as are remembered. */
export class RecentTokens {
  readonly #tokens = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(token: string): boolean {
    return this.#tokens.has(token);
  }

  /** Notes a token; `false` when it is known already. */
  add(token: string): boolean {
    if (this.has(token)) return false;
    this.#tokens.add(token);
    if (this.#tokens.size > this.#most) this.#tokens.delete(this.#tokens.values().next().value as string);
    return true;
  }
}
