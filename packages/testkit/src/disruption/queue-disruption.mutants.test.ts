import { describeMutants } from "../vitest.ts";
import { fakeNetworkBinding, queueDisruptionMutants } from "./queue-disruption.mutants.ts";
import { queueDisruptionContract } from "./queue-disruption-contract.ts";

describeMutants(queueDisruptionContract, queueDisruptionMutants, { reference: fakeNetworkBinding });
