import type { Mutant } from "../contract/mutant.ts";
import { routerCustomMutants } from "./router-custom.mutants.ts";
import { routerEndMutants } from "./router-end.mutants.ts";
import { routerGroupMutants } from "./router-group.mutants.ts";
import { routerStrategyMutants } from "./router-strategy.mutants.ts";
import type { RouterSubject } from "./router-subject.ts";

/** Minimal wrong routers, each caught by the router contract. */
export const routerMutants: readonly Mutant<RouterSubject>[] = [
  ...routerStrategyMutants,
  ...routerCustomMutants,
  ...routerGroupMutants,
  ...routerEndMutants,
];
