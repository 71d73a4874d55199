import { describeMutants } from "../vitest.ts";
import { taskFactoryMutants } from "./task-factory.mutants.ts";
import { taskFactoryContract } from "./task-factory-contract.ts";
import { plainTaskBinding } from "./task-factory-subject.ts";

describeMutants(taskFactoryContract, taskFactoryMutants, { reference: plainTaskBinding, turns: 20_000 });
