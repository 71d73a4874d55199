import { describeMutants } from "../vitest.ts";
import { schedulerMutants } from "./scheduler.mutants.ts";
import { schedulerContract } from "./scheduler-contract.ts";
import { turnSchedulerBinding } from "./scheduler-subject.ts";

describeMutants(schedulerContract, schedulerMutants, { reference: turnSchedulerBinding, turns: 10_000 });
