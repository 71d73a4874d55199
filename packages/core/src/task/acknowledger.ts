import type { PolledSource } from "../operator/replayable-source.ts";
import type { SplitPositions } from "./split-positions.ts";

/** Tells a source how far it has been committed: one call at a time, the latest position of a split at once. */
export class Acknowledger {
  readonly #source: PolledSource<unknown>;
  readonly #onError: (error: unknown) => void;
  #told: SplitPositions;
  #committed: SplitPositions;
  #running: Promise<void> | undefined;

  /** `committed` is what an earlier incarnation has committed; its last acknowledgement may have been lost. */
  constructor(source: PolledSource<unknown>, committed: SplitPositions, onError: (error: unknown) => void) {
    this.#source = source;
    this.#onError = onError;
    this.#told = {};
    this.#committed = committed;
  }

  /** A commit has come this far. */
  advance(positions: SplitPositions): void {
    this.#committed = positions;
    if (this.#source.acknowledge !== undefined) this.#running ??= this.#run();
  }

  /** Settles when everything committed is acknowledged, or has failed to be. */
  async idle(): Promise<void> {
    if (this.#source.acknowledge === undefined) return;
    await this.#running;
    await this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // not within the commit
    while (this.#told !== this.#committed) {
      const before = this.#told;
      this.#told = this.#committed;
      for (const [split, { at }] of Object.entries(this.#told)) {
        if (at === null || before[split]?.at === at) continue;
        try {
          await this.#source.acknowledge?.(at, split);
        } catch (error) {
          this.#onError(error);
        }
      }
    }
    this.#running = undefined;
  }
}
