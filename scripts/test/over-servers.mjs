/** The behaviour tests that run over Redis and over WebSockets as well, in virtual time: the scenarios each time, all others in the deep run. */
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../tests/behaviour/src/", import.meta.url);

/** What says most about queues, commits and services. */
const scenarios = [
  ..."concurrency connecting dead-letters ending faults feedback function-hooks joining keyed-state".split(
    " ",
  ),
  ..."least-loaded operators pausing pipeline-services redrive retries routing service-errors".split(" "),
  ..."service-limits services sources stopping timers".split(" "),
];

/** Simulations that bring stores, queues or a load of their own. */
const others = /^(simulat|scripted|heap|random|pipeline-service-load)/;

/** Names of the files, without their endings. */
export function overServers(deep) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && !others.test(name));
  const all = files.filter((name) => readFileSync(new URL(name, folder), "utf8").includes("simulate("));
  const chosen = all
    .map((name) => name.slice(0, -".test.ts".length))
    .filter((name) => deep || scenarios.includes(name));
  const missing = scenarios.filter((name) => !all.includes(`${name}.test.ts`));
  if (missing.length > 0) throw new Error(`there are no such tests: ${missing.join(", ")}`);
  return chosen;
}
