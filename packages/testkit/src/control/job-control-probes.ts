import assert from "node:assert/strict";
import { type ErrorCode, hasCode, type JobControl, type JobSummary } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf } from "../contract/probes.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

/** Submits a job of so many records. */
export const submit = (control: JobControl, name: string, records = 3): Promise<JobSummary> =>
  control.submit({ name, params: { records } });

/** A case whose body runs while time passes. */
export function jobCase(
  id: string,
  title: string,
  body: (control: JobControl) => Promise<void>,
): ContractCase<JobControlSubject> {
  return { id, title, run: ({ control, run }) => run(() => body(control)) };
}

/** The refusal of an operation; fails unless it has this code. */
export async function refusal(operation: () => Promise<unknown>, code: ErrorCode): Promise<Error> {
  const error = await rejectionOf(operation);
  assert.ok(hasCode(error, code), `it must be refused with ${code}, not with ${String(error)}`);
  return error;
}

/** Fails unless there are so many jobs. */
export async function assertJobs(control: JobControl, count: number): Promise<void> {
  const { entries } = await control.list();
  assert.equal(entries.length, count, `there are ${entries.length} jobs: ${JSON.stringify(entries)}`);
}

/** Looks at a job until it has read all of its records. */
export async function hasRead(control: JobControl, job: string, records: number): Promise<void> {
  for (let looks = 0; looks < 400; looks++) {
    if ((await control.status(job)).ledger.read === records) return;
    await control.wait(job, { timeoutMs: 50 });
  }
  assert.fail(`${job} does not come to read ${records} records`);
}
