import { describeContract } from "../vitest.ts";
import { workersContract } from "./workers-contract.ts";
import { workersBinding } from "./workers-subject.ts";

describeContract(workersContract, workersBinding());
