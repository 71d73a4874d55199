import { resolveUpstream } from "./resolve-upstream.ts";
import type { DeclaredService } from "./service-declaration.ts";
import { stepId, type Transformation } from "./transformation.ts";
import type { Report } from "./validate-options.ts";

/** What sources of requests and replies are checked against. */
export interface RequestCheckScope {
  readonly steps: readonly Transformation[];
  readonly services: readonly DeclaredService[];
}

/** Checks that requests can be answered, and that replies have something to answer. */
export function checkRequests({ steps, services }: RequestCheckScope, report: Report): void {
  const sources = new Set(services.flatMap(({ requests }) => (requests === undefined ? [] : [requests])));
  const replies = steps.filter(({ kind }) => kind === "reply");
  const answered = new Set<Transformation>();
  for (const reply of replies) {
    const before = [...upstreamOf(reply)].filter((step) => sources.has(step));
    const asked = before.filter((step) => reply.answers === undefined || stepId(step) === reply.answers);
    for (const step of asked) answered.add(step);
    if (asked.length > 0) continue;
    const remedy = "Let its stream begin with env.fromRequests(), or use sink().";
    report(
      stepId(reply),
      "NO_REQUESTS",
      "It replies, and none of its records stems from a request that it answers.",
      remedy,
    );
  }
  for (const source of sources) {
    if (answered.has(source)) continue;
    const message = "Nothing replies to its requests.";
    report(stepId(source), "NO_REPLY", message, "End one of the streams behind it with reply().");
  }
}

/** All steps from which records come to a step. */
function upstreamOf(step: Transformation): Set<Transformation> {
  const found = new Set<Transformation>();
  const next = [step];
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const upstream of at.inputs.flat().flatMap((input) => resolveUpstream(input))) {
      if (upstream.output !== "records" || found.has(upstream.step)) continue;
      found.add(upstream.step);
      next.push(upstream.step);
    }
  }
  return found;
}
