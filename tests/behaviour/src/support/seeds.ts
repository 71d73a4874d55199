import { range } from "./simulate.ts";

const deep = process.env.SAGE_DEEP === "1";

/** How long a test over many seeds may take, in ms. */
export const seedsTimeoutMs = deep ? 600_000 : 30_000;

/** Runs a scenario with so many seeds, and with ten times as many in the deep run. What fails is told with its seed. */
export async function forSeeds(count: number, scenario: (seed: number) => Promise<void>): Promise<void> {
  for (const seed of range(deep ? 10 * count : count)) {
    try {
      await scenario(seed);
    } catch (error) {
      if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

/** One capacity for the even seeds, another one for the odd ones. */
export const capacityOf = (seed: number, even = 1024, odd = 1): number => (seed % 2 === 0 ? even : odd);
