import {
  isKeyed,
  type StepKind,
  seesKeys,
  stepId,
  type Transformation,
  type Upstream,
} from "./transformation.ts";
import type { Report } from "./validate-options.ts";

/** Steps that work on keys, and what they do to a stream, in words. */
const byKeyOnly: { readonly [kind in StepKind]?: string } = {
  reduce: "reduces",
  window: "cuts windows out of",
  distinct: "removes repeated keys from",
};

/** Checks what feeds a step. */
export function checkInputs(step: Transformation, id: string, environment: object, report: Report): void {
  const upstreams = step.inputs.flat();
  if (step.environment !== environment || upstreams.some((up) => homeOf(up) !== environment)) {
    const remedy = "Declare the whole pipeline in one environment.";
    report(id, "MIXED_ENVIRONMENTS", "It combines streams of different environments.", remedy);
  }
  if (step.inputs.some((input) => input.length === 0)) {
    const remedy = "Take deadLetters() from the stream of the very step whose records fail.";
    report(
      id,
      "NO_INPUT",
      "Nothing can ever come into it: neither a future nor a dead letter fails.",
      remedy,
    );
  }
  const keyed = seesKeys(step);
  const byKey = byKeyOnly[step.kind];
  if (byKey !== undefined && !keyed)
    report(id, "NOT_KEYED", `It ${byKey} a stream without keys.`, "Put keyBy() before it.");
  if (step.kind === "join") checkJoin(step, id, report);
  if (step.kind === "reduce") checkReduce(step, id, report);
  if (step.options.partitioner === "hash" && !keyed)
    report(id, "NOT_KEYED", "It partitions a stream without keys by hash.", "Put keyBy() before it.");
  for (const up of upstreams) {
    if (!("step" in up) || up.output === "records") continue;
    const { onError } = up.step.options;
    const final = typeof onError === "object" ? onError?.onExhausted : onError;
    if (final === "deadLetter") continue;
    const remedy = 'Give that step onError: "deadLetter".';
    const message = `It reads the dead letters of "${stepId(up.step)}", which makes none.`;
    report(id, "NO_DEAD_LETTERS", message, remedy);
  }
}

/** Records with equal keys must meet, or all of them be everywhere; whom a partitioner of the user's brings together is his. */
function checkReduce({ inputs, options }: Transformation, id: string, report: Report): void {
  const { parallelism = 1, partitioner } = options;
  const strategies = inputs.flat().map((up) => ("step" in up && isKeyed(up) ? up.step.strategy : "hash"));
  const spread = partitioner === undefined ? strategies : [partitioner];
  if (
    parallelism > 1 &&
    spread.some((strategy) => strategy === "round-robin" || strategy === "least-loaded")
  ) {
    const remedy = "Leave out partitioner, and strategy in the keyBy() before it.";
    report(
      id,
      "NOT_BY_HASH",
      "It folds records with equal keys, which are spread over its instances.",
      remedy,
    );
  }
}

function checkJoin(step: Transformation, id: string, report: Report): void {
  const { inputs, options } = step;
  if (inputs.length !== 2) {
    const remedy = "Join two streams, and the result with the next one.";
    report(id, "INVALID_JOIN", `It joins ${inputs.length} streams.`, remedy);
  }
  inputs.forEach((upstreams, input) => {
    if (upstreams.every(isKeyed)) return;
    report(id, "NOT_KEYED", `Its input ${input} has no keys.`, "Put keyBy() before both sides of a join.");
  });
  const { parallelism = 1, partitioner } = options;
  const strategies = inputs.flat().map((up) => ("step" in up ? up.step.strategy : "hash"));
  const spread = partitioner === undefined ? strategies : [partitioner];
  if (parallelism > 1 && spread.some((strategy) => strategy !== "hash")) {
    const remedy = "Leave out partitioner, and strategy in the keyBy() before it.";
    report(id, "INVALID_JOIN", "Records with equal keys may not meet: it is not spread by hash.", remedy);
  }
}

function homeOf(upstream: Upstream): object {
  return "step" in upstream ? upstream.step.environment : upstream.future.environment;
}
