import type { BenchCase } from "../../harness/bench-case.ts";
import { declareFour, openOurRuntime } from "../pipeline/our-runtime.ts";
import { asyncCase } from "./async-case.ts";

/** Ours: four steps with the default concurrency, which is 1. */
export const rate: BenchCase = asyncCase(async () => {
  const { runJob, close } = await openOurRuntime();
  return { run: (records, steps) => runJob((env) => declareFour(env, records, steps)), close };
});
