import type { BenchCase } from "./bench-case.ts";
import { drive, type Load, type Runner } from "./drive.ts";

const WARM_UP_RECORDS = 500_000;
/** More than one, since the end of a run takes paths that the engine has not seen and drops optimised code. */
const WARM_UP_RUNS = 3;

/**
 * Measures source records per second; `size` is their number. What `open` does is not measured; all that `run` does
 * is. A load smaller than the usual warm-up is warmed up with loads of its own size.
 */
export function rateCase<R, S>(
  open: () => NoInfer<Runner<R, S>> | Promise<NoInfer<Runner<R, S>>>,
  prepare: (size: number) => Load<R, S>,
): BenchCase {
  return async ({ size }) => {
    const runner = await open();
    // Both loads are made first: a full collection between warm-up and measurement would throw optimised code away.
    const warmUp = prepare(Math.min(size, WARM_UP_RECORDS));
    const load = prepare(size);
    globalThis.gc?.(); // start from the same heap, whatever came before
    for (let run = 0; run < WARM_UP_RUNS; run++) await drive(runner, warmUp);
    const elapsedMs = await drive(runner, load);
    await runner.close?.();
    return { value: (size / elapsedMs) * 1000 };
  };
}
