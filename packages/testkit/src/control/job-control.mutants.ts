import type { Mutant } from "../contract/mutant.ts";
import { lifeMutants } from "./job-control-life.mutants.ts";
import { questionMutants } from "./job-control-question.mutants.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

/** Wrong ways of controlling jobs, each caught by the contract. */
export const jobControlMutants: readonly Mutant<JobControlSubject>[] = [...lifeMutants, ...questionMutants];
