import type { Contract } from "../contract/contract.ts";
import { routerCustomCases } from "./router-custom-cases.ts";
import { routerEndCases } from "./router-end-cases.ts";
import { routerGroupCases } from "./router-group-cases.ts";
import { routerStrategyCases } from "./router-strategy-cases.ts";
import type { RouterSubject } from "./router-subject.ts";

/** The promises of a router with its output groups and partitioners. */
export const routerContract: Contract<RouterSubject> = {
  name: "Router",
  cases: [...routerStrategyCases, ...routerCustomCases, ...routerGroupCases, ...routerEndCases],
};
