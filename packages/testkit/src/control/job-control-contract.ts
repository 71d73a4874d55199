import type { Contract } from "../contract/contract.ts";
import { lifeCases } from "./job-control-life-cases.ts";
import { permissionCases } from "./job-control-permission-cases.ts";
import { questionCases } from "./job-control-question-cases.ts";
import type { JobControlSubject } from "./job-control-subject.ts";
import { submitCases } from "./job-control-submit-cases.ts";

/** The promises of those who control jobs by name and id, here or elsewhere. */
export const jobControlContract: Contract<JobControlSubject> = {
  name: "JobControl",
  cases: [...submitCases, ...lifeCases, ...questionCases, ...permissionCases],
};
