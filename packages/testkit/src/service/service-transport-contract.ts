import type { Contract } from "../contract/contract.ts";
import { serviceAnswerCases } from "./service-answer-cases.ts";
import { serviceLifeCases } from "./service-life-cases.ts";
import { serviceLoadCases } from "./service-load-cases.ts";
import { serviceRepeatCases } from "./service-repeat-cases.ts";
import { serviceTimeCases } from "./service-time-cases.ts";
import type { ServiceTransportSubject } from "./service-transport-subject.ts";

/** The promises of services to their callers, over the queues of any driver. */
export const serviceTransportContract: Contract<ServiceTransportSubject> = {
  name: "Service transport",
  cases: [
    ...serviceAnswerCases,
    ...serviceTimeCases,
    ...serviceRepeatCases,
    ...serviceLoadCases,
    ...serviceLifeCases,
  ],
};
