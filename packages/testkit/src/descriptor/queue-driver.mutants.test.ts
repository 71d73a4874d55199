import { describeMutants } from "../vitest.ts";
import { queueDriverMutants } from "./queue-driver.mutants.ts";
import { queueDriverContract } from "./queue-driver-contract.ts";
import { fakeQueueDriverBinding } from "./queue-driver-subject.ts";

describeMutants(queueDriverContract, queueDriverMutants, { reference: fakeQueueDriverBinding });
