import { describeMutants } from "../vitest.ts";
import { stopMutants } from "./stop.mutants.ts";
import { stopContract } from "./stop-contract.ts";
import { plainStopBinding } from "./stop-subject.ts";

describeMutants(stopContract, stopMutants, { reference: plainStopBinding, turns: 20_000 });
