import { describeMutants } from "../vitest.ts";
import { queueMutants } from "./queue.mutants.ts";
import { queueContract } from "./queue-contract.ts";
import { fakeQueueBinding } from "./queue-mutant.ts";

describeMutants(queueContract, queueMutants, { reference: fakeQueueBinding });
