import { describeMutants } from "../vitest.ts";
import { serviceTransportMutants } from "./service-transport.mutants.ts";
import { serviceTransportContract } from "./service-transport-contract.ts";
import { fakeServiceBinding } from "./service-transport-subject.ts";

describeMutants(serviceTransportContract, serviceTransportMutants, {
  reference: fakeServiceBinding,
  turns: 20_000,
});
