import { describeMutants } from "../vitest.ts";
import { jobControlMutants } from "./job-control.mutants.ts";
import { jobControlContract } from "./job-control-contract.ts";
import { localControlBinding } from "./job-control-subject.ts";

describeMutants(jobControlContract, jobControlMutants, { reference: localControlBinding, turns: 20_000 });
