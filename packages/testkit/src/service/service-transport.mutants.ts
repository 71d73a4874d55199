import type { Mutant } from "../contract/mutant.ts";
import { serviceMessageMutants } from "./service-message.mutants.ts";
import { serviceSideMutants } from "./service-side.mutants.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

/** Minimal wrong transports, each caught by the contract. */
export const serviceTransportMutants: readonly Mutant<ServiceTransportSubject>[] = [
  ...serviceMessageMutants,
  ...serviceSideMutants,
];
