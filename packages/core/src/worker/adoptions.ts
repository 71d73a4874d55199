import { isSageError, reasonOf } from "../errors/sage-error.ts";
import type { Host } from "../host/host.ts";

/** Longest wait before it is tried again to go on with a job, in ms. */
const longestAgainMs = 10_000;

/** Jobs of earlier managers that are being gone on with, or could not be. */
export class Adoptions {
  readonly #host: Pick<Host, "clock" | "logger">;
  readonly #lost: AbortSignal;
  readonly #over: () => boolean;
  readonly #under = new Map<string, Promise<void>>();
  readonly #problems = new Map<string, unknown>();

  /** `lost` fires when others go on with them; `over` says whether nothing more is to be tried. */
  constructor(host: Pick<Host, "clock" | "logger">, lost: AbortSignal, over: () => boolean) {
    this.#host = host;
    this.#lost = lost;
    this.#over = over;
  }

  /** Goes on with a job, as often as that takes while something is not available. */
  begin(job: string, adopt: () => Promise<void>): void {
    const adopting = this.#adopt(job, adopt).finally(() => this.#under.delete(job));
    this.#under.set(job, adopting);
  }

  /** Settles when a job is gone on with, or cannot be; `undefined` where nothing is under way. */
  under(job: string): Promise<void> | undefined {
    return this.#under.get(job);
  }

  /** Why a job could not be gone on with. */
  problem(job: string): unknown {
    return this.#problems.get(job);
  }

  /** Waits until a job is placed that is being gone on with, but not for longer. */
  async placed(job: string, timeoutMs: number): Promise<void> {
    const adopting = this.#under.get(job);
    if (adopting === undefined) return;
    const placed = new AbortController();
    const late = this.#host.clock.sleep(timeoutMs, placed.signal).catch(() => undefined);
    await Promise.race([adopting, late]);
    placed.abort();
  }

  async #adopt(job: string, adopt: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#host;
    for (let waitMs = 1000; ; waitMs = Math.min(longestAgainMs, 2 * waitMs)) {
      try {
        await adopt();
        return;
      } catch (error) {
        if (this.#over()) return;
        logger.error(() => `Job "${job}" could not be gone on with: ${reasonOf(error)}`, { job, error });
        if (!isSageError(error) || error.kind !== "unavailable") {
          this.#problems.set(job, error);
          return;
        }
      }
      await clock.sleep(waitMs, this.#lost).catch(() => undefined); // it may be there by then
      if (this.#over()) return;
    }
  }
}
