import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { declareCensus } from "@sage-kernel/examples/census/pipeline";
import { type CensusResult, censusResult } from "@sage-kernel/examples/census/result";
import { type Found, walk } from "@sage-kernel/examples/census/walk";

/** The census of what a walk found, taken in this process. */
export async function takeCensus(found: Iterable<Found>, parallelism = 2): Promise<CensusResult> {
  await using runtime = await createLocalRuntime({ log: { level: "silent" } });
  const env = runtime.environment("census");
  const handles = declareCensus(env, found, { concurrency: 4, parallelism });
  const job = await env.submit();
  const report = await job.done;
  return censusResult({ handles, job, report, interrupted: false });
}

/** All that a walk of a folder yields. */
export async function walked(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for await (const file of walk(folder)) found.push(file);
  return found;
}
