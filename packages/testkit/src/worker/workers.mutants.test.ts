import { describeMutants } from "../vitest.ts";
import { workersMutants } from "./workers.mutants.ts";
import { workersContract } from "./workers-contract.ts";
import { workersBinding } from "./workers-subject.ts";

describeMutants(workersContract, workersMutants, { reference: workersBinding(), turns: 20_000 });
