import assert from "node:assert/strict";
import type { Job, JobReport } from "@sage-kernel/core";
import { type Gate, gate } from "./gate.ts";
import { held } from "./held-source.ts";
import { range, type World } from "./simulate.ts";

/** A cause of failures that can be removed: until then every record of a multiple of seven fails. */
export function createCause() {
  const cause = {
    gone: false,
    check(n: number): number {
      if (n % 7 === 0 && !cause.gone) throw new RangeError(`${n} is bad`);
      return n;
    },
  };
  return cause;
}

/** The id of one of a job's dead letters. */
export const idOf = (job: Job, at = 0): string => job.deadLetters.list()[at]?.id ?? "none";

/** A running job whose only step has failed on 0, 7 and 14 of twenty records, and what ends it. */
export async function failed({ env, clock }: Pick<World, "env" | "clock">, concurrency = 1) {
  const cause = createCause();
  const end = gate();
  const pipeline = env();
  const good = pipeline
    .fromBatch(held(range(20), end), { name: "read" })
    .map(async (n) => cause.check(n), { name: "check", onError: "deadLetter", concurrency })
    .collect();
  const job = await pipeline.submit();
  await clock.sleep(10);
  assert.equal(job.deadLetters.size, 3);
  return { cause, end, job, good };
}

/** Lets a job end, and answers its ledger, which must balance. */
export async function endsBalanced(job: Job, end: Gate): Promise<JobReport["ledger"]> {
  end.open();
  const { ledger } = await job.done;
  assert.deepEqual([ledger.problems, ledger.undelivered], [[], 0]);
  return ledger;
}
