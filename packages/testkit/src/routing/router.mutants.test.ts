import { describeMutants } from "../vitest.ts";
import { routerMutants } from "./router.mutants.ts";
import { routerContract } from "./router-contract.ts";
import { coreRouterBinding } from "./router-subject.ts";

describeMutants(routerContract, routerMutants, { reference: coreRouterBinding });
