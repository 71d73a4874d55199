import type { Contract } from "../contract/contract.ts";
import { lifeCases, questionCases, submitCases } from "./job-control-cases.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

/** The promises of those who control jobs by name and id, here or elsewhere. */
export const jobControlContract: Contract<JobControlSubject> = {
  name: "JobControl",
  cases: [...submitCases, ...lifeCases, ...questionCases],
};
