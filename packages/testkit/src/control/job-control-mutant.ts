import type { LocalJobControl } from "@sage-kernel/core";
import type { Mutant } from "../contract/mutant.ts";
import { type JobControlSubject, jobControlBinding } from "./job-control-subject.ts";

/** A wrong way of controlling jobs. */
export function jobControlMutant(
  id: string,
  title: string,
  breaks: readonly string[],
  Wrong: typeof LocalJobControl,
): Mutant<JobControlSubject> {
  return { ...jobControlBinding(async (control) => ({ control }), Wrong), id, title, breaks };
}
