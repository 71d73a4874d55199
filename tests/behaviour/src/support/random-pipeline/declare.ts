import type { Collected, Environment } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import { declareCoMap, declareJoin, declareReduce, declareUnion } from "./keyed-steps.ts";
import { declareLoop } from "./loops.ts";
import { keyOf, type Modelled, type Node, type Scope, Watch } from "./model.ts";
import type { GeneratedKind, RunPlan, StepPlan } from "./plan.ts";
import { declareRecordStep } from "./record-steps.ts";
import { declareSource } from "./sources.ts";

/** What one stream must come to. */
interface Expected {
  readonly handle: Collected<string>;
  readonly ordered: boolean;
  readonly records: readonly string[];
}

/** A generated pipeline: what it was declared to gather, and what a sequential model says must come. */
export interface GeneratedPipeline {
  readonly ends: readonly Expected[];
  readonly failures: { readonly skipped: number; readonly deadLettered: number; readonly stored: number };
  readonly watch: Watch;
  /** What the steps turned out to be. */
  readonly kinds: readonly GeneratedKind[];
}

/** Declares a plan in an environment and works out its results without any stream. */
export function declare(
  env: Environment,
  plan: readonly StepPlan[],
  { use }: RunPlan,
  clock: Clock,
): GeneratedPipeline {
  const nodes: Node[] = [];
  const kinds: GeneratedKind[] = [];
  const used = new Set<Node>();
  const watch = new Watch();
  const failures = { skipped: 0, deadLettered: 0, stored: 0 };
  const scope: Scope = { env, clock, watch, failures, aside: nodes };
  if (use) env.use({ name: "everywhere", around: (_, next) => next() });
  plan.forEach((step, i) => {
    const pick = (index: number): Node => nodes[index % nodes.length] as Node;
    const [input, other] = [pick(step.from), pick(step.other)];
    const kind = i === 0 ? "source" : possible(step.kind, input, other);
    if (kind !== "source") used.add(input);
    if (kind === "union" || kind === "coMap" || kind === "join") used.add(other);
    kinds.push(kind);
    nodes.push(declareKind(kind, { ...step, kind }, i, input, other, scope));
  });
  const ends = nodes.filter((node) => !used.has(node));
  return { ends: ends.map((node) => gather(node, watch)), failures, watch, kinds };
}

/** What a step can be on these inputs, without too many records. */
function possible(kind: GeneratedKind, input: Node, other: Node): GeneratedKind {
  if (kind === "join") return input.records.length * other.records.length > 5000 ? "total" : kind;
  const fewer = kind === "source" || kind === "keyBy" || kind === "count" || kind === "total";
  return input.records.length > 400 && !fewer ? "filter" : kind;
}

/** A node that carries keys, one way or another. */
function withKeys(node: Node): Node {
  if (node.keyed) return node;
  const records = node.records.map(({ n }) => ({ n, key: keyOf(n) }));
  return { stream: node.stream.keyBy(({ n }) => keyOf(n)), keyed: true, ordered: node.ordered, records };
}

function declareKind(
  kind: GeneratedKind,
  step: StepPlan,
  place: number,
  input: Node,
  other: Node,
  scope: Scope,
): Node {
  switch (kind) {
    case "source":
      return declareSource(step, scope);
    case "count":
    case "total":
      return declareReduce(step, withKeys(input), scope);
    case "join":
      return declareJoin(step, withKeys(input), withKeys(other), scope);
    case "coMap":
      return declareCoMap(step, input, other, scope);
    case "union":
      return declareUnion(input, other);
    case "loop":
      return declareLoop(`loop-${place}`, step, input, scope);
    default:
      return declareRecordStep(kind, step, input, scope);
  }
}

/** Gathers what comes out, with the keys, and looks at the headers. */
function gather({ stream, ordered, records }: Node, watch: Watch): Expected {
  const handle = stream
    .process<string>(({ payload: { n, h }, partitionKey: key, headers }, emit) => {
      if (h !== null && headers?.h !== `${h}`)
        watch.violations.push(`${n} came with header ${headers?.h}, not ${h}`);
      emit(shown({ n, key: key as Modelled["key"] }));
    })
    .collect();
  return { handle, ordered, records: records.map(shown) };
}

function shown({ n, key }: Modelled): string {
  return key === undefined ? `${n}` : `${n} of ${typeof key} ${key}`;
}
