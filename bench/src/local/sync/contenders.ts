import { contendersIn } from "../../harness/contenders-in.ts";
import { type Contender, OURS } from "../../harness/row.ts";
import type { PipelineCases } from "../pipeline/pipeline-cases.ts";

/** Everyone who runs the synchronous pipeline. Slow ones get fewer records: the rate is what counts. */
export function syncContenders(caseName: keyof PipelineCases): readonly Contender[] {
  const contender = contendersIn(import.meta.url, caseName);
  return [
    contender(OURS, 10_000_000),
    contender("effect", 10_000_000, ["effect"]),
    contender("rxjs", 10_000_000, ["rxjs"]),
    contender("node-transform", 2_000_000),
    contender("async-generators", 1_000_000),
    contender("escaping-loop", 10_000_000),
    contender("plain-loop", 10_000_000),
  ];
}
